import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { HttpCredential } from '#backend/upstreams/pool-state.ts';

interface Reply {
  text?: string;
  promptTokens?: number;
  completionTokens?: number;
  webSearches?: number;
  finishReason?: string;
  /** Of a stream: the rest comes once the upstream is released. */
  waitsAfterFirst?: boolean;
}

/** A provider that answers chat completions as a test says, and when. */
export interface ControlledUpstream extends AsyncDisposable {
  baseUrl: string;
  seen: number;
  reply: Reply;
  /** Answers are kept back until `release`. */
  waits: boolean;
  release(): void;
}

const pieceLength = 200;

export async function startControlledUpstream(): Promise<ControlledUpstream> {
  let waiting: (() => void)[] = [];
  const whenReleased = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));

  async function answer(isStream: boolean, response: ServerResponse): Promise<void> {
    if (upstream.waits) await whenReleased();
    if (isStream) return stream(response);
    const { text = 'Hi', finishReason = 'stop' } = upstream.reply;
    const choices = [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: finishReason }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices,
        usage: usageOf(upstream.reply),
      }),
    );
  }

  async function stream(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const chunk = (delta: object, finish: string | null) => ({
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const write = (data: object): boolean => response.write(`data: ${JSON.stringify(data)}\n\n`);
    write(chunk({ role: 'assistant', content: 'Hi ' }, null));
    if (upstream.reply.waitsAfterFirst) await whenReleased();
    const { text = 'Hi', finishReason = 'stop' } = upstream.reply;
    for (let start = 0; start < text.length && !response.destroyed; start += pieceLength) {
      if (!write(chunk({ content: text.slice(start, start + pieceLength) }, null)))
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    write({ ...chunk({}, finishReason), usage: usageOf(upstream.reply) });
    response.end('data: [DONE]\n\n');
  }

  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += String(piece)));
    request.on('end', () => {
      upstream.seen += 1;
      void answer(/"stream":\s*true/.test(body), response);
    });
  });
  const upstream: ControlledUpstream = {
    baseUrl: '',
    seen: 0,
    reply: {},
    waits: false,
    release() {
      upstream.waits = false;
      for (const go of waiting) go();
      waiting = [];
    },
    async [Symbol.asyncDispose]() {
      upstream.release();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  upstream.baseUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`;
  return upstream;
}

function usageOf({ promptTokens = 20, completionTokens = 10, webSearches = 0 }: Reply): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    ...(webSearches > 0 ? { server_tool_use: { web_search_requests: webSearches } } : {}),
  };
}

export function credentialOf(upstream: ControlledUpstream): HttpCredential {
  return {
    name: 'main',
    baseUrl: upstream.baseUrl,
    dialectFamily: 'openai',
    apiKey: 'upstream-key',
    priority: 0,
    weight: 1,
  };
}
