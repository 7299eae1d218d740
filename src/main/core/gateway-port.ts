import { createServer } from 'node:http';
import { listenOnAll } from '#proxy/listen/listen-on-all.ts';
import type { Settings } from '#shared/contract/settings.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { PortChoice } from './core.ts';

export function portOf(choice: PortChoice, settings: Pick<Settings, 'port'>): number {
  return choice.from === 'given' ? choice.port : (choice.moveTo ?? settings.port);
}

/** What needs a port. Throws `port_taken`, which then names the next free one. */
export async function orNextFree<T>(port: number, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (cause) {
    const error = toCorvusError(cause);
    const free = error.code === 'port_taken' && port !== 0 ? await freePortAfter(port) : null;
    if (free === null) throw error;
    throw new CorvusError(
      'port_taken',
      `${error.message} Port ${free} is free.`,
      { body: { ...error.details.body, free } },
      error.cause,
    );
  }
}

/** Throws `port_taken` for a port that could not be listened at after the next start. The one in use can be. */
export function portCheck(gatewayUrl: () => string | null): (port: number) => Promise<void> {
  return async (port) => {
    const url = gatewayUrl();
    if (url !== null && port === Number(new URL(url).port)) return;
    await orNextFree(port, () => tryPort(port));
  };
}

const host = '127.0.0.1';
const mostTries = 20;
const highestPort = 65_535;

/** The next port on which this machine could be listened to; null when the next ones are all taken. */
async function freePortAfter(port: number): Promise<number | null> {
  for (let candidate = port + 1; candidate <= Math.min(port + mostTries, highestPort); candidate += 1) {
    const isFree = await tryPort(candidate).then(
      () => true,
      () => false,
    );
    if (isFree) return candidate;
  }
  return null;
}

/** Listens there for a moment. Throws `port_taken`. */
async function tryPort(port: number): Promise<void> {
  const { servers } = await listenOnAll({ host, port }, () => createServer());
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}
