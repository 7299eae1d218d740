import type { Server } from 'node:http';

/** Starts listening; resolves to the port, rejects when it is taken. */
export function listenOn(server: Server, host: string, port: number): Promise<number> {
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 10_000;
  server.requestTimeout = 120_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
