import { readFileSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { beforeAll, expect, test } from 'vitest';
import { modelListSchema } from '#shared/account/models.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { sharedService } from './shared-service.ts';
import type { Customer } from './start-capability-service.ts';

const service = sharedService();
const model = 'corvus/echo';
const messages = [{ role: 'user' as const, content: 'Good morning' }];
const answer = 'Hello from Corvus. You said: Good morning';
let customer: Customer;

beforeAll(async () => {
  customer = await service().customer('5.00');
});

const openai = () => new OpenAI({ baseURL: `${service().baseUrl}/v1`, apiKey: customer.customerKey, maxRetries: 0 });
const anthropic = (prefix = '/anthropic') =>
  new Anthropic({ baseURL: service().baseUrl + prefix, apiKey: customer.customerKey, maxRetries: 0 });

test('row 1: chat, OpenAI – /v1/chat/completions', async () => {
  const reply = await openai().chat.completions.create({ model, messages });
  expect(reply).toMatchObject({ object: 'chat.completion', choices: [{ message: { content: answer } }] });
});

test('row 2: Anthropic messages – /anthropic/v1/messages and /v1/messages', async () => {
  for (const prefix of ['/anthropic', '']) {
    const reply = await anthropic(prefix).messages.create({ model, max_tokens: 100, messages });
    expect(reply, prefix).toMatchObject({ type: 'message', content: [{ type: 'text', text: answer }] });
  }
});

test('row 3: responses, completions, embeddings – each where the model’s list of dialects has it', async () => {
  const client = openai();
  expect((await client.responses.create({ model, input: 'Good morning' })).output_text).toBe(answer);
  expect((await client.completions.create({ model, prompt: '#echo text Once' })).choices[0]?.text).toBe('Once');
  const embedded = await client.embeddings.create({ model: 'corvus/echo-embedding', input: 'one', dimensions: 8 });
  expect(embedded.data[0]?.embedding).toHaveLength(8);
  await expect(client.embeddings.create({ model, input: 'one' })).rejects.toMatchObject({
    status: 400,
    code: 'dialect_not_supported',
  });
});

test('row 4: model list – OpenAI’s list with prices, family, what each model is for and whether it is free', async () => {
  const ids = (await openai().models.list()).data.map(({ id }) => id);
  const { data } = modelListSchema.parse(await (await customer.call('/v1/models')).json());
  expect(data.map(({ id }) => id)).toEqual(ids);
  expect(data.find(({ id }) => id === model)).toMatchObject({
    family: 'corvus',
    mode: 'chat',
    dialects: expect.arrayContaining(['openai-chat', 'anthropic-messages']),
    pricing: { input: '1.00', output: '4.00', cacheRead: '0.10', unit: 'per million tokens' },
    is_free: false,
    lanes: { prepaid: true },
  });
});

test('row 5: auth – Bearer, and x-api-key; of two different keys the valid one counts', async () => {
  const { customerKey: key } = customer;
  const status = async (headers: Record<string, string>, path = '/v1/models') =>
    (await fetch(service().baseUrl + path, { headers })).status;
  for (const path of ['/v1/models', '/anthropic/v1/models']) {
    expect(await status({ authorization: `Bearer ${key}` }, path)).toBe(200);
    expect(await status({ 'x-api-key': key }, path)).toBe(200);
    expect(await status({}, path)).toBe(401);
  }
  expect(await status({ 'x-api-key': key, authorization: `Bearer ${key}` })).toBe(200);
  expect(await status({ 'x-api-key': key, authorization: 'Bearer sk-corvus-other' })).toBe(200);
  expect(await status({ 'x-api-key': 'sk-ant-other', authorization: `Bearer ${key}` })).toBe(200);
  expect(await status({ 'x-api-key': 'sk-ant-other', authorization: 'Bearer sk-corvus-other' })).toBe(400);
});

test('row 37: error body, OpenAI – error{code, message, type, param}, and the request id', async () => {
  const reply = await customer.call('/v1/chat/completions', { body: { model: 'no/such', messages } });
  const { error } = (await reply.json()) as { error: object };
  expect(Object.keys(error)).toEqual(expect.arrayContaining(['code', 'message', 'type', 'param', 'request_id']));
  expect(error).toMatchObject({
    code: 'model_not_found',
    type: 'not_found_error',
    request_id: reply.headers.get('x-request-id'),
  });
  await expect(openai().chat.completions.create({ model: 'no/such', messages })).rejects.toBeInstanceOf(
    OpenAI.NotFoundError,
  );
});

test('row 38: error body, Anthropic – its own envelope, with the same code beside its type', async () => {
  const reply = await customer.call('/anthropic/v1/messages', { body: { model: 'no/such', max_tokens: 9, messages } });
  expect(reply.status).toBe(404);
  expect(await reply.json()).toMatchObject({
    type: 'error',
    error: { type: 'not_found_error', message: expect.stringContaining('no/such'), code: 'model_not_found' },
    request_id: reply.headers.get('x-request-id'),
  });
  await expect(anthropic().messages.create({ model: 'no/such', max_tokens: 9, messages })).rejects.toBeInstanceOf(
    Anthropic.NotFoundError,
  );
});

test('row 39: request id – x-request-id on every reply, well or refused', async () => {
  const asked: [string, object | undefined, string | undefined][] = [
    ['/v1/chat/completions', { model, messages }, undefined],
    ['/v1/messages', { model, messages }, undefined],
    ['/v1/chat/completions', { model, messages }, 'sk-corvus-unknown'],
    ['/v1/account', undefined, undefined],
    ['/v1/nothing', undefined, undefined],
    ['/healthz', undefined, undefined],
    ['/status', undefined, undefined],
  ];
  for (const [path, body, key] of asked) {
    const reply = await customer.call(path, { ...(body && { body }), ...(key !== undefined && { key }) });
    expect(reply.headers.get('x-request-id'), path).toMatch(/^req_/);
  }
});

test('row 44: streaming – each dialect’s own events, no extra ones; what it cost is in the receipt and the ledger', async () => {
  const { data, response } = await openai().chat.completions.create({ model, messages, stream: true }).withResponse();
  let text = '';
  for await (const chunk of data) {
    expect(Object.keys(chunk)).not.toContain('corvus');
    text += chunk.choices[0]?.delta.content ?? '';
  }
  expect(text).toBe(answer);
  await expect.poll(() => customer.receipt(response)).toMatchObject({ status: 'settled', usageSource: 'provider' });
  const body = { model, messages, stream: true };
  expect((await (await customer.call('/v1/chat/completions', { body })).text()).trimEnd()).toMatch(/data: \[DONE\]$/);
  const named = await (await customer.call('/v1/messages', { body: { ...body, max_tokens: 100 } })).text();
  const events = [...named.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
  expect([events[0], events.at(-1)]).toEqual(['message_start', 'message_stop']);
  expect(named).not.toContain('[DONE]');
});

test('row 47: price and docs drift – the catalogue is what /v1/models and /v1/prices say, and docs/pricing.md is written from it', async () => {
  const { data } = modelListSchema.parse(await (await customer.call('/v1/models')).json());
  const sold = catalogue.models.filter(({ prepaid }) => prepaid);
  expect(data.map(({ id }) => id)).toEqual(sold.map(({ slug }) => slug));
  for (const [index, { prices }] of sold.entries()) expect(data[index]?.pricing).toMatchObject(prices);
  expect(await (await fetch(`${service().baseUrl}/v1/prices`)).json()).toEqual(catalogue);
  const page = readFileSync(new URL('../../../docs/pricing.md', import.meta.url), 'utf8');
  for (const { slug, prices } of sold) {
    const [row = ''] = page.split('\n').filter((line) => line.startsWith(`| \`${slug}\` `));
    expect(row.split('|').map((cell) => cell.trim())).toEqual(expect.arrayContaining([prices.input, prices.output]));
  }
});
