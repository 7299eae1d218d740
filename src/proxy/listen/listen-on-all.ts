import type { Server } from 'node:http';
import { CorvusError } from '#shared/errors.ts';
import { findPortHolder } from './find-port-holder.ts';

export interface ListenAddress {
  host: string;
  /** 0 picks a port that is free on every address. */
  port: number;
}

export interface BoundAddress {
  port: number;
  /** The addresses listened on; only the first where this machine has no IPv6. */
  hosts: readonly string[];
}

const loopback4 = '127.0.0.1';
const loopback6 = '::1';
const freePortTries = 20;
const noSuchAddress: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** Binds one server per address with one port for all, or none at all. */
export async function listenOnAll(
  address: ListenAddress,
  createServer: () => Server,
): Promise<BoundAddress & { servers: Server[] }> {
  const tries = address.port === 0 ? freePortTries : 1;
  for (let attempt = 1; ; attempt += 1) {
    const first = createServer();
    const port = await bind(first, address.host, address.port);
    if (address.host !== loopback4) return { port, hosts: [address.host], servers: [first] };
    try {
      const second = createServer();
      const isBound = await bindWhereAvailable(second, loopback6, port);
      return isBound
        ? { port, hosts: [loopback4, loopback6], servers: [first, second] }
        : { port, hosts: [loopback4], servers: [first] };
    } catch (error) {
      await new Promise((resolve) => first.close(resolve));
      if (attempt >= tries) throw error;
    }
  }
}

async function bindWhereAvailable(server: Server, host: string, port: number): Promise<boolean> {
  try {
    await bind(server, host, port);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && noSuchAddress.has(String(error.code))) return false;
    throw error;
  }
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return reject(error);
      describeTaken(port, error).then(reject, reject);
    };
    server.once('error', onError);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', onError);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

async function describeTaken(port: number, cause: NodeJS.ErrnoException): Promise<CorvusError> {
  if (cause.code === 'EACCES')
    return new CorvusError(
      'port_taken',
      `Port ${port} may not be used by this user or is reserved by the system. Choose another one.`,
      {},
      cause,
    );
  const holder = await findPortHolder(port);
  const by = holder ? ` by "${holder.command}" (process ${holder.pid})` : '';
  const body = { port, ...(holder ? { pid: holder.pid, command: holder.command } : {}) };
  return new CorvusError(
    'port_taken',
    `Port ${port} is in use${by}. Stop it, or choose another port.`,
    { body },
    cause,
  );
}
