import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { accountSchema } from '#shared/account/account.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

/** The echo model at a dollar per thousand tokens: the grant pays for 25,000. */
const priceCatalogue = parseCatalogue({
  ...catalogue,
  models: catalogue.models.map((model) =>
    model.slug === 'corvus/echo' ? { ...model, prices: { input: '250.00', output: '1000.00' } } : model,
  ),
});
const messages = [{ role: 'user' as const, content: '#echo tokens 60000' }];

const readAccount = async (service: TestBackend) =>
  accountSchema.parse(await (await service.call('/v1/account')).json());

test('a chat stream that outgrows the balance ends cleanly, at zero', async () => {
  await using service = await startTestBackend({ priceCatalogue });
  const client = new OpenAI({ baseURL: `${service.baseUrl}/v1`, apiKey: service.customerKey });
  const stream = await client.chat.completions.create({ model: 'corvus/echo', messages, stream: true });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks.at(-1)).toMatchObject({
    choices: [{ finish_reason: 'length' }],
    corvus: { code: 'insufficient_credits' },
  });
  expect(chunks.length).toBeGreaterThan(15_000);
  expect(chunks.length).toBeLessThan(60_000);
  // The client stops reading at the last event; the settlement comes before the stream's own end.
  await expect.poll(() => readAccount(service)).toMatchObject({ balance: '0.00', held: '0.00', status: 'exhausted' });
  expect(await service.backend.verify()).toEqual([]);
});

test('a message stream that outgrows the balance ends cleanly, at zero', async () => {
  await using service = await startTestBackend({ priceCatalogue });
  const client = new Anthropic({ baseURL: `${service.baseUrl}/anthropic`, apiKey: service.customerKey });
  const message = await client.messages.stream({ model: 'corvus/echo', max_tokens: 64_000, messages }).finalMessage();
  expect(message.stop_reason).toBe('max_tokens');
  await expect.poll(() => readAccount(service)).toMatchObject({ balance: '0.00', held: '0.00' });
  expect(await service.backend.verify()).toEqual([]);
});

test('an answer in one piece whose limit cannot be paid is refused, with what could be', async () => {
  await using service = await startTestBackend({ priceCatalogue });
  const reply = await service.call('/v1/chat/completions', { body: chat('Hi', { max_tokens: 30_000 }) });
  expect(reply.status).toBe(429);
  const { error } = (await reply.json()) as { error: { affordable_output_tokens: number } };
  expect(error.affordable_output_tokens).toBeGreaterThan(24_000);
  const cheaper = await service.call('/v1/chat/completions', {
    body: chat('Hi', { max_tokens: error.affordable_output_tokens }),
  });
  expect(cheaper.status).toBe(200);
});

test('an id that is being answered conflicts and may be tried again', async () => {
  await using service = await startTestBackend();
  const headers = { 'x-corvus-request-id': 'req_01a1fb3238e47ccb8e04aff7b69afc21' };
  const first = await service.call('/v1/chat/completions', {
    body: chat('#echo tokens 5\n#echo stall', { stream: true }),
    headers,
  });
  const second = await service.call('/v1/chat/completions', { body: chat('Hi'), headers });
  expect(second.status).toBe(409);
  expect(second.headers.get('x-should-retry')).toBe('true');
  await first.body?.cancel();
});
