import { expect, test } from 'vitest';
import { noLimits } from '#shared/domain/local-key.ts';
import { startCore } from '../gateway/start-core.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { startTestBackend } from '../../support/start-test-backend.ts';
import { startMockUpstreamOfOwnKey } from './own-key.ts';

const hello = { model: 'gpt-5.5', messages: [{ role: 'user' as const, content: 'Hello' }] };
const upTo = (usd: string) => ({ headers: { 'x-corvus-max-cost-usd': usd }, maxRetries: 0 });

test('a request is kept below its ceiling: refused where its input alone passes it, else shortened, by header or by its key', async () => {
  const core = await startCore();
  const { upstream, key } = await startMockUpstreamOfOwnKey(core);
  const { client } = core.openai(key);
  const ask = (usd: string, more: object = {}) =>
    client.chat.completions.create({ ...hello, max_tokens: 4_000, ...more }, upTo(usd));
  await expect(ask('0.0001')).rejects.toMatchObject({
    status: 402,
    code: 'insufficient_credits',
    error: { reason: 'ceiling', limit: '0.0001' },
  });
  await expect(ask('much')).rejects.toMatchObject({ status: 400, code: 'bad_request' });
  await expect(ask('0.01', { model: 'a-model-without-a-price' })).rejects.toMatchObject({
    status: 400,
    code: 'model_not_priced',
  });
  expect(upstream.received).toHaveLength(0);

  const { response } = await ask('0.01').withResponse();
  expect(response.headers.get('x-corvus-limited-by')).toBe('ceiling');
  const limit = Number(response.headers.get('x-corvus-output-limit'));
  expect(limit).toBeGreaterThan(200);
  expect(limit * 0.00003).toBeLessThan(0.01);
  expect(JSON.parse(String(upstream.received[0]?.body)).max_tokens).toBe(limit);

  const [{ id } = { id: '' as never }] = await core.handlers['keys.list'](undefined);
  await core.handlers['keys.set-limits']({ id, limits: { ...noLimits, maxCostUsd: '0.005' } });
  await client.chat.completions.create({ ...hello, max_tokens: 4_000 });
  expect(JSON.parse(String(upstream.received[1]?.body)).max_tokens).toBeLessThan(limit / 2 + 10);
});

test('a stream that says more than its ceiling pays for ends as at its output limit', async () => {
  const core = await startCore();
  const { upstream, key } = await startMockUpstreamOfOwnKey(core);
  const chunk = {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-5.5',
    choices: [{ index: 0, delta: { content: 'word '.repeat(40) } }],
  };
  const event = `data: ${JSON.stringify(chunk)}\n\n`;
  const { promise: isHeard, resolve: hear } = Promise.withResolvers<void>();
  upstream.script({
    headers: { 'content-type': 'text/event-stream' },
    body: event.repeat(100),
    cutSeed: 7,
    beforePiece: (index) => (index < 12 ? Promise.resolve() : isHeard),
  });
  const stream = await core.openai(key).client.chat.completions.create({ ...hello, stream: true }, upTo('0.01'));
  let last: unknown = null;
  let said = 0;
  for await (const part of stream) {
    hear();
    last = part;
    said += part.choices[0]?.delta.content?.length ?? 0;
  }
  expect(last).toMatchObject({ choices: [{ finish_reason: 'length' }], corvus: { code: 'insufficient_credits' } });
  expect(said).toBeLessThan(2_000);
  expect(await core.newest()).toMatchObject({ status: 'truncated', limitedBy: 'ceiling' });
});

test('an answer that the prepaid balance cannot pay for is shortened to what it can, and says so', async () => {
  const models = catalogue.models.map((model) => ({ ...model, prices: { ...model.prices, output: '10000.00' } }));
  await using dear = await startTestBackend({ priceCatalogue: parseCatalogue({ ...catalogue, models }) });
  const core = await startCore();
  await core.handlers['account.connect']({ baseUrl: dear.baseUrl, customerKey: dear.customerKey });
  await core.handlers['balance.get']({ refresh: true });
  const { client } = core.openai(await core.newKey('prepaid'));
  const echo = { ...hello, model: 'corvus/echo' };
  const { response } = await client.chat.completions.create({ ...echo, max_tokens: 8_000 }).withResponse();
  expect(response.headers.get('x-corvus-limited-by')).toBe('balance');
  const limit = Number(response.headers.get('x-corvus-output-limit'));
  // $25 at $0.01 a token.
  expect(limit).toBeGreaterThan(2_400);
  expect(limit).toBeLessThan(2_500);
  const id = response.headers.get('x-corvus-request-id');
  expect(await core.row(id)).toMatchObject({ status: 'completed', outputLimit: limit, limitedBy: 'balance' });

  // What it last said may still have the first one's hold in it.
  await core.handlers['balance.get']({ refresh: true });
  const small = await client.chat.completions.create({ ...echo, max_tokens: 100 }).withResponse();
  expect(small.response.headers.get('x-corvus-limited-by')).toBeNull();
});
