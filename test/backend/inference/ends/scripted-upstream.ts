import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { HttpCredential } from '#backend/upstreams/pool-state.ts';

/** One answer, piece by piece, and what happens to the connection after it. */
export interface Script {
  status?: number;
  isStream: boolean;
  pieces: readonly string[];
  /** `stay`: the upstream sends no more and waits until the client leaves. */
  last: 'end' | 'break' | 'stay';
}

export interface ScriptedUpstream extends AsyncDisposable {
  /** Answers the next requests, in order; the last one answers all that follow. */
  play(...scripts: Script[]): void;
  /** Resolves when a request has come. */
  asked(): Promise<void>;
  credential(name: string, dialectFamily: 'openai' | 'anthropic', priority?: number): HttpCredential;
}

/** A provider of every dialect on a real socket, that follows a script. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  let scripts: Script[] = [];
  let arrived = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const [script] = scripts.length > 1 ? scripts.splice(0, 1) : scripts;
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
    asked: () => arrived.promise,
    credential: (name, dialectFamily, priority = 0) => ({ name, baseUrl, dialectFamily, apiKey: `key-of-${name}`, priority, weight: 1 }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function perform({ status = 200, isStream, pieces, last }: Script, response: ServerResponse): Promise<void> {
  response.on('error', () => {});
  response.writeHead(status, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
  response.flushHeaders();
  for (const piece of pieces) await new Promise<void>((sent) => response.write(piece, () => sent()));
  if (last === 'end') response.end();
  // Closed without the announced end; what was sent before still arrives.
  if (last === 'break') response.socket?.end();
}
