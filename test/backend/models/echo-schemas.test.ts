import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createSseSplitter, readSseData } from '#shared/dialects/sse.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

let service: TestBackend;

beforeAll(async () => {
  service = await startTestBackend();
});

afterAll(() => service[Symbol.asyncDispose]());

/** A validator for one definition of a provider's own schema. */
function validator(file: 'openai' | 'anthropic', name: string): ValidateFunction {
  const schema: unknown = JSON.parse(
    readFileSync(new URL(`../../support/schemas/${file}.schema.json`, import.meta.url), 'utf8'),
  );
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ ...(schema as object), $id: file });
  const validate = ajv.getSchema(`${file}#/$defs/${name}`);
  if (!validate) throw new Error(`${file} has no ${name}`);
  return validate;
}

function expectValid(validate: ValidateFunction, value: unknown): void {
  expect(validate(value), JSON.stringify({ errors: validate.errors, value })).toBe(true);
}

function dataOf(body: Uint8Array): string[] {
  const events = createSseSplitter({ maxEventBytes: 1_000_000 }).push(body);
  return events.map(readSseData).filter((data) => data !== '' && data !== '[DONE]');
}

const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
const scripts = [
  'Hello',
  '#echo text One two\n#echo tool weather {"city":"Oslo"}\n#echo reasoning 3\n#echo cache-read 5',
  '#echo tokens 20',
];

test.each(scripts)('chat completions fit the schema of OpenAI, whole and streamed: %j', async (content) => {
  const ask = { model: 'corvus/echo', messages: [{ role: 'user', content }], tools, n: 2 };
  const whole = await service.call('/v1/chat/completions', { body: ask });
  expectValid(validator('openai', 'CreateChatCompletionResponse'), await whole.json());
  const body = { ...ask, stream: true, stream_options: { include_usage: true } };
  const streamed = await service.call('/v1/chat/completions', { body });
  const chunk = validator('openai', 'CreateChatCompletionStreamResponse');
  const data = dataOf(await streamed.bytes());
  expect(data.length).toBeGreaterThan(3);
  for (const text of data) expectValid(chunk, JSON.parse(text));
});

test('completions and embeddings fit the schema of OpenAI', async () => {
  const validate = validator('openai', 'CreateCompletionResponse');
  const ask = { model: 'corvus/echo', prompt: '#echo tokens 5' };
  expectValid(validate, await (await service.call('/v1/completions', { body: ask })).json());
  const embedding = await service.call('/v1/embeddings', {
    body: { model: 'corvus/echo-embedding', input: ['a', 'b'] },
  });
  expectValid(validator('openai', 'CreateEmbeddingResponse'), await embedding.json());
});

test.each(scripts)('messages fit the schema of Anthropic, whole and streamed: %j', async (content) => {
  const ask = {
    model: 'corvus/echo',
    max_tokens: 2000,
    messages: [{ role: 'user', content }],
    thinking: { type: 'enabled', budget_tokens: 1024 },
  };
  const whole = await service.call('/v1/messages', { body: ask });
  expectValid(validator('anthropic', 'Message'), await whole.json());
  const streamed = await service.call('/v1/messages', { body: { ...ask, stream: true } });
  const event = validator('anthropic', 'RawMessageStreamEvent');
  const types: string[] = [];
  for (const text of dataOf(await streamed.bytes())) {
    const value: { type: string } = JSON.parse(text);
    types.push(value.type);
    if (value.type !== 'ping') expectValid(event, value);
  }
  expect([types[0], types.at(-2), types.at(-1)]).toEqual(['message_start', 'message_delta', 'message_stop']);
});

test('model lists fit both schemas', async () => {
  expectValid(validator('openai', 'ListModelsResponse'), await (await service.call('/v1/models')).json());
  const list = z
    .object({ data: z.array(z.unknown()).min(10) })
    .parse(await (await service.call('/anthropic/v1/models')).json());
  const info = validator('anthropic', 'ModelInfo');
  for (const model of list.data) expectValid(info, model);
});
