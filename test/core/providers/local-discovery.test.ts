import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { adapterFor, knownProviders } from '#core/providers/known-providers.ts';
import { createLocalDiscovery } from '#core/providers/local-discovery.ts';
import { createTestClock } from '../../support/test-clock.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { realClock } from '../../support/store-fixture.ts';

interface FakeAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: string;
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers these paths, and 404 at any other. */
function serverOf(paths: Readonly<Record<string, FakeAnswer>>, asked: (string | undefined)[] = []): Promise<string> {
  return listen((request, response) => {
    asked.push(request.headers.authorization);
    const answer = paths[request.url ?? ''] ?? { status: 404, body: 'Not found' };
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  });
}

const look = (kind: string, origin: string) => {
  const adapter = adapterFor(kind);
  if (!adapter) throw new Error(`there is no ${kind}`);
  return createLocalDiscovery(realClock, createSend(directNetwork()), [{ ...adapter, origin }])();
};

const json = (value: unknown): FakeAnswer => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
const list = (...models: object[]): FakeAnswer => json({ object: 'list', data: models });

const ollama = {
  '/': { body: 'Ollama is running' },
  '/v1/models': list({ id: 'qwen3:8b' }, { id: 'llama3.2' }, { id: 'gemma3' }),
};
const lmStudio = {
  '/': json({ error: 'Unexpected endpoint or method. (GET /)' }),
  '/api/v0/models': list({ id: 'qwen', object: 'model', type: 'llm', state: 'not-loaded' }),
  '/v1/models': list({ id: 'qwen', object: 'model', owned_by: 'organization_owner' }),
};
const ownName = { server: 'llama.cpp' };
const llamaCpp = {
  '/health': { headers: ownName, body: '{"status":"ok"}' },
  // Its imitation of another server's list.
  '/api/tags': json({ models: [] }),
  '/v1/models': list({ id: 'gpt-oss-20b.gguf', owned_by: 'llamacpp' }),
};
const vllm = {
  '/version': json({ version: '0.11.0' }),
  '/v1/models': list({ id: 'Qwen/Qwen3-8B', object: 'model', owned_by: 'vllm' }),
};

test.each([
  ['ollama', ollama, 3],
  ['lm-studio', lmStudio, 1],
  ['lm-studio', { ...lmStudio, '/api/v0/models': list(), '/v1/models': list() }, 0],
  ['llama-cpp', llamaCpp, 1],
  ['llama-cpp', { '/health': { status: 503, headers: ownName, body: '{"error":{"message":"Loading model"}}' } }, null],
  ['llama-cpp', { ...llamaCpp, '/v1/models': { status: 401, body: '{}' } }, null],
  ['vllm', vllm, 1],
])('%s is found by its own answer, without a key', async (kind, paths, models) => {
  const asked: (string | undefined)[] = [];
  const origin = await serverOf(paths, asked);
  expect(await look(kind, origin)).toEqual([{ kind, name: adapterFor(kind)?.name, baseUrl: origin, models }]);
  expect(asked).toEqual([undefined, undefined]);
});

test('no program is mistaken for another', async () => {
  const page: RequestListener = (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Ollama is running a bakery</html>');
  const others = [
    await serverOf(ollama),
    await serverOf(lmStudio),
    await serverOf(llamaCpp),
    await serverOf(vllm),
    await listen(page),
    await serverOf({
      '/': json({ status: 'ok' }),
      '/health': json({ status: 'ok' }),
      '/version': json({ version: '1' }),
      '/v1/models': list(),
    }),
    await listen((_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()),
  ];
  const own = ['ollama', 'lm-studio', 'llama-cpp', 'vllm'];
  for (const [index, origin] of others.entries()) {
    for (const kind of own.filter((_kind, place) => place !== index))
      expect(await look(kind, origin), `${kind} at ${index}`).toEqual([]);
  }
});

test('every kind is searched at its usual port', () => {
  const probed = knownProviders.filter(({ probe }) => probe).map(({ origin }) => origin);
  expect(probed).toEqual([
    'http://127.0.0.1:11434',
    'http://127.0.0.1:1234',
    'http://127.0.0.1:8080',
    'http://127.0.0.1:8000',
  ]);
});

test('a silent server is given up and hides no other; concurrent calls share the search', async () => {
  const { promise: isAsked, resolve } = Promise.withResolvers<void>();
  const silent = await listen(() => resolve());
  const clock = createTestClock();
  const [first, second] = ['vllm', 'ollama'].map((kind) => adapterFor(kind));
  if (!first || !second) throw new Error('there are no such kinds');
  let lists = 0;
  const { promise: isListed, resolve: listed } = Promise.withResolvers<void>();
  const origin = await listen((request, response) => {
    if (request.url === '/') return void response.end('Ollama is running');
    lists += 1;
    response.end('{"object":"list","data":[]}', listed);
  });
  const discover = createLocalDiscovery(clock, createSend(directNetwork()), [
    { ...first, origin: silent },
    { ...second, origin },
  ]);
  const looks = [discover(), discover()];
  await Promise.all([isAsked, isListed]);
  clock.advance(10_000);
  expect((await Promise.all(looks)).map((found) => found.map(({ kind }) => kind))).toEqual([['ollama'], ['ollama']]);
  expect([lists, clock.pending()]).toEqual([1, 0]);
});
