import { createServer } from 'node:http';
import { listenOnAll } from './listen-on-all.ts';

const host = '127.0.0.1';
const mostTries = 20;
const highestPort = 65_535;

/** The next port on which this machine could be listened to; null when the next ones are all taken. */
export async function freePortAfter(port: number): Promise<number | null> {
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
export async function tryPort(port: number): Promise<void> {
  const { servers } = await listenOnAll({ host, port }, () => createServer());
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}
