import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawUpstream {
  origin: string;
  /** The bytes that the next requests are answered with; then the connection is closed, or left open. */
  answer(bytes: string | Buffer, isLeftOpen?: boolean): void;
}

/** A server that answers what is no proper HTTP any more, or nothing that Node's own server would send. */
export async function startRawUpstream(): Promise<RawUpstream> {
  let bytes: string | Buffer = '';
  let isOpen = false;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => (isOpen ? socket.write(bytes) : socket.end(bytes)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    answer(answer, isLeftOpen = false) {
      bytes = answer;
      isOpen = isLeftOpen;
    },
  };
}
