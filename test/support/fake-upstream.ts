import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { HttpCredential } from '#backend/upstreams/pool-state.ts';

export interface FakeUpstream extends AsyncDisposable {
  baseUrl: string;
  seen: { url: string; headers: IncomingHttpHeaders; body: string }[];
  /** What it answers with; other than 200 it is an error in OpenAI's shape. */
  status: number;
  /** Replaces the answer. */
  body: string | null;
  /** Whether it breaks off in the middle of the answer. */
  breaksOff: boolean;
}

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5.5-dated',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110, prompt_tokens_details: { cached_tokens: 40 } },
};

/** A provider that speaks chat completions: 60 fresh tokens, 40 out of a cache, 10 answered. */
export async function startFakeUpstream(): Promise<FakeUpstream> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      upstream.seen.push({ url: request.url ?? '', headers: request.headers, body });
      const isWell = upstream.status === 200;
      response.writeHead(upstream.status, {
        'content-type': upstream.breaksOff ? 'text/event-stream' : 'application/json',
      });
      if (upstream.breaksOff) {
        const chunk = {
          id: 'c',
          object: 'chat.completion.chunk',
          choices: [{ index: 0, delta: { content: 'Half an ' } }],
        };
        return void response.write(`data: ${JSON.stringify(chunk)}\n\n`, () => response.destroy());
      }
      response.end(upstream.body ?? JSON.stringify(isWell ? completion : { error: { message: 'no', code: 'x' } }));
    });
  });
  const upstream: FakeUpstream = {
    baseUrl: '',
    seen: [],
    status: 200,
    body: null,
    breaksOff: false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  upstream.baseUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`;
  return upstream;
}

/** An account of the platform at that upstream. */
export function credentialAt(upstream: FakeUpstream, name: string, priority = 0): HttpCredential {
  return {
    name,
    baseUrl: upstream.baseUrl,
    dialectFamily: 'openai',
    apiKey: `upstream-key-${name}`,
    priority,
    weight: 1,
  };
}
