import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { constants, createGzip } from 'node:zlib';
import { answerLikeProvider } from './provider-answers.ts';
import { cutRandomly } from './random-cuts.ts';

/** A request exactly as it arrived. */
export interface ReceivedRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingHttpHeaders;
  rawHeaders: readonly string[];
  body: Buffer;
  /** Resolves when the connection or the answer is over. */
  closed: Promise<void>;
}

/** What one answer does instead of the usual. */
export interface Script {
  status?: number;
  headers?: Readonly<Record<string, string | string[]>>;
  /** Replaces the provider's answer. */
  body?: Buffer | string;
  /** Cuts the body into pieces, each a write of its own, decided by this seed. */
  cutSeed?: number;
  /** Waited for before each piece: makes a slow upstream without a clock. */
  beforePiece?(index: number): Promise<void>;
  /** `undeclared`: compressed without a word about it. */
  gzip?: 'declared' | 'undeclared';
  fault?:
    | { kind: 'reset-before-headers' | 'close-before-headers' | 'stall-before-headers' }
    /**
     * After this many bytes of the body: connection reset, connection closed, clean end without the rest, or silence.
     */
    | { kind: 'reset' | 'close' | 'end' | 'stall'; afterBytes: number }
    /** Promises more bytes than it sends. */
    | { kind: 'wrong-length' };
}

export interface MockUpstream {
  origin: string;
  port: number;
  received: readonly ReceivedRequest[];
  /** Scripts the next answer that has none yet; further requests are answered as a provider would. */
  script(script: Script): void;
  /** Resolves with the request after it arrived completely. */
  nextRequest(): Promise<ReceivedRequest>;
  openSockets(): number;
  /** Closes connections that wait for a next request, as a server whose idle time is over. */
  closeIdle(): void;
  close(): Promise<void>;
}

/** A provider of both dialect families on a real socket, that records what it gets and fails on demand. */
export async function startMockUpstream(): Promise<MockUpstream> {
  const received: ReceivedRequest[] = [];
  const scripts: Script[] = [];
  const waiting: ((request: ReceivedRequest) => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => void serve(request, response));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    response.on('close', resolve);
    response.on('error', () => {});
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const { method = '', url: path = '', headers, rawHeaders } = request;
    const entry = { method, path, headers, rawHeaders, body: Buffer.concat(chunks), closed };
    received.push(entry);
    const script = scripts.shift() ?? {};
    waiting.shift()?.(entry);
    await answer(entry, script, response);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    received,
    script: (script) => void scripts.push(script),
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    openSockets: () => sockets.size,
    closeIdle: () => server.closeIdleConnections(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: ReceivedRequest, script: Script, response: ServerResponse): Promise<void> {
  const { fault } = script;
  if (fault?.kind === 'reset-before-headers') return void response.socket?.resetAndDestroy();
  if (fault?.kind === 'close-before-headers') return void response.socket?.destroy();
  if (fault?.kind === 'stall-before-headers') return;
  const usual = answerLikeProvider(request);
  const plain = script.body === undefined ? usual.body : Buffer.from(script.body);
  const headers: Record<string, string | string[]> = { 'content-type': usual.contentType, ...script.headers };
  if (script.gzip === 'declared') headers['content-encoding'] = 'gzip';
  if (fault?.kind === 'wrong-length') headers['content-length'] = String(plain.length + 100);
  response.writeHead(script.status ?? usual.status, headers);
  if (script.gzip) return writeCompressed(plain, response);
  const limit = fault && 'afterBytes' in fault ? fault.afterBytes : plain.length;
  await writePieces(plain.subarray(0, limit), script, response);
  endAs(fault?.kind, response);
}

async function writePieces(body: Buffer, script: Script, response: ServerResponse): Promise<void> {
  const pieces = script.cutSeed === undefined ? [body] : cutRandomly(body, script.cutSeed);
  for (const [index, piece] of pieces.entries()) {
    await script.beforePiece?.(index);
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response);
    // Leaves the socket time to send each piece by itself.
    if (index % 8 === 7) await new Promise((resolve) => setImmediate(resolve));
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}

function endAs(kind: string | undefined, response: ServerResponse): void {
  if (kind === 'stall') return;
  if (kind === 'wrong-length' || kind === 'close') return void response.socket?.end();
  if (kind !== 'reset') return void response.end();
  // What was written is sent before the connection is reset.
  response.write('', () => setImmediate(() => response.socket?.resetAndDestroy()));
}

/** Event by event, each flushed, as a compressing proxy does. */
async function writeCompressed(body: Buffer, response: ServerResponse): Promise<void> {
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
  gzip.pipe(response);
  for (const event of body.toString('latin1').split(/(?<=\n\n)/)) gzip.write(Buffer.from(event, 'latin1'));
  gzip.end();
}
