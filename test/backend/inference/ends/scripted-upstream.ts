import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { HttpCredential } from '#backend/upstreams/pool-state.ts';

/** One answer, piece by piece, and what happens to the connection after it. */
export interface Script {
  status?: number;
  isStream: boolean;
  /** What it claims to be, where that is not what it is; null: nothing. */
  contentType?: string | null;
  pieces: readonly string[];
  /** `stay`: the upstream sends no more and waits until the client leaves. */
  last: 'end' | 'break' | 'stay';
}

export interface ScriptedUpstream extends AsyncDisposable {
  /** Answers the next requests, in order; the last one answers all that follow. */
  play(...scripts: Script[]): void;
  /** Answers each request by the mark (`row-7-`) in its text, in any order; for the requests of many rows at once. */
  playRows(rows: readonly Script[]): void;
  /** Resolves when a request has come. */
  asked(): Promise<void>;
  credential(name: string, dialectFamily: 'openai' | 'anthropic', priority?: number): HttpCredential;
}

/** A provider of every dialect on a real socket, that follows a script. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  let scripts: Script[] = [];
  let rows: readonly Script[] = [];
  let arrived = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      const row = rows.length > 0 ? rows[Number(/row-(\d+)-/.exec(body)?.[1])] : undefined;
      const [script] = row ? [row] : scripts.length > 1 ? scripts.splice(0, 1) : scripts;
      arrived.resolve();
      if (script) void perform(script, response);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const baseUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`;
  return {
    play(...next) {
      scripts = next;
      arrived = Promise.withResolvers();
    },
    playRows(given) {
      rows = given;
    },
    asked: () => arrived.promise,
    credential: (name, dialectFamily, priority = 0) => ({
      name,
      baseUrl,
      dialectFamily,
      apiKey: `key-of-${name}`,
      priority,
      weight: 1,
    }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function perform(
  { status = 200, isStream, contentType, pieces, last }: Script,
  response: ServerResponse,
): Promise<void> {
  response.on('error', () => {});
  const type = contentType === undefined ? (isStream ? 'text/event-stream' : 'application/json') : contentType;
  response.writeHead(status, type === null ? {} : { 'content-type': type });
  response.flushHeaders();
  for (const piece of pieces) await new Promise<void>((sent) => response.write(piece, () => sent()));
  if (last === 'end') response.end();
  // Closed without the announced end; what was sent before still arrives.
  if (last === 'break') response.socket?.end();
}
