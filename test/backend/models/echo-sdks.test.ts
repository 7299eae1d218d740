import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountSchema } from '#shared/account/account.ts';
import { receiptSchema } from '#shared/account/receipt.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

let service: TestBackend;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  service = await startTestBackend();
  openai = new OpenAI({ baseURL: `${service.baseUrl}/v1`, apiKey: service.customerKey });
  anthropic = new Anthropic({ baseURL: `${service.baseUrl}/anthropic`, apiKey: service.customerKey });
});

afterAll(async () => {
  expect(await service.backend.verify()).toEqual([]);
  await service[Symbol.asyncDispose]();
});

const model = 'corvus/echo';
const balance = async () => accountSchema.parse(await (await service.call('/v1/account')).json()).balance;
const user = (content: string) => [{ role: 'user' as const, content }];
const weather = {
  type: 'object' as const,
  properties: { city: { type: 'string', enum: ['Oslo', 'Rome'] }, days: { type: 'integer', minimum: 2 } },
  required: ['city', 'days'],
};

describe('the openai package', () => {
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: weather } }];

  test('chats, the same every time', async () => {
    const ask = () => openai.chat.completions.create({ model, messages: user('Good morning') });
    const [first, second] = [await ask(), await ask()];
    expect(first.choices[0]?.message.content).toBe('Hello from Corvus. You said: Good morning');
    expect(second.choices).toEqual(first.choices);
    expect(second.usage).toEqual(first.usage);
  });

  test('streams the same text, and usage when it asks', async () => {
    const stream = await openai.chat.completions.create({
      model,
      messages: user('Good morning'),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage = null;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    const whole = await openai.chat.completions.create({ model, messages: user('Good morning') });
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(usage).toEqual(whole.usage);
  });

  test('does not see usage that it did not ask for, yet is billed by it', async () => {
    const { data, response } = await openai.chat.completions
      .create({ model, messages: user('#echo tokens 50'), stream: true })
      .withResponse();
    const chunks = [];
    for await (const chunk of data) chunks.push(chunk);
    expect(chunks.some((chunk) => chunk.usage !== undefined || chunk.choices.length === 0)).toBe(false);
    const receipt = await (
      await service.call(`/v1/generation?id=${response.headers.get('x-corvus-request-id')}`)
    ).json();
    expect(receipt).toMatchObject({ status: 'settled', usageSource: 'provider', usage: { outputText: 50 } });
  });

  test('calls a required tool with fitting arguments, whole and in pieces, then answers from its result', async () => {
    const ask = { model, messages: user('Weather?'), tools, tool_choice: 'required' as const };
    const whole = await openai.chat.completions.create(ask);
    const call = whole.choices[0]?.message.tool_calls?.[0];
    if (call?.type !== 'function') throw new Error('no tool was called');
    expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Oslo', days: 2 });
    expect(whole.choices[0]?.finish_reason).toBe('tool_calls');
    const streamed = await openai.chat.completions.stream(ask).finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: 'weather', arguments: call.function.arguments },
    });
    const after = await openai.chat.completions.create({
      model,
      tools,
      messages: [
        ...user('#echo tool weather {}'),
        { role: 'assistant', tool_calls: [call] },
        { role: 'tool', tool_call_id: call.id, content: 'Rain' },
      ],
    });
    expect(after.choices[0]?.message.content).toBe('The tool answered: Rain');
  });

  test('gets JSON of the schema it asks for', async () => {
    const reply = await openai.chat.completions.create({
      model,
      messages: user('Weather?'),
      response_format: { type: 'json_schema', json_schema: { name: 'weather', schema: weather } },
    });
    expect(JSON.parse(reply.choices[0]?.message.content ?? '')).toEqual({ city: 'Oslo', days: 2 });
  });

  test('embeds, in numbers and in base64 alike', async () => {
    const input = ['one', 'two', 'one'];
    const binary = await openai.embeddings.create({ model: 'corvus/echo-embedding', input, dimensions: 8 });
    const plain = await openai.embeddings.create({
      model: 'corvus/echo-embedding',
      input,
      dimensions: 8,
      encoding_format: 'float',
    });
    expect(plain.data).toHaveLength(3);
    expect(plain.data[0]?.embedding).toEqual(plain.data[2]?.embedding);
    expect(plain.data[0]?.embedding).not.toEqual(plain.data[1]?.embedding);
    expect(Array.from(binary.data[1]?.embedding ?? [])).toEqual(plain.data[1]?.embedding);
  });

  test('completes, lists models and finds one by its slug', async () => {
    const completion = await openai.completions.create({ model, prompt: '#echo text Once upon a time' });
    expect(completion.choices[0]?.text).toBe('Once upon a time');
    const models = await openai.models.list();
    expect(models.data.map((item) => item.id)).toContain(model);
    expect((await openai.models.retrieve(model)).id).toBe(model);
  });

  test.each([
    ['#echo error 400 bad', OpenAI.BadRequestError],
    ['#echo error 404', OpenAI.NotFoundError],
    ['#echo error 422', OpenAI.UnprocessableEntityError],
    ['#echo nonsense', OpenAI.BadRequestError],
  ])('raises its own class for "%s" and is charged nothing', async (script, errorClass) => {
    const before = await balance();
    await expect(
      openai.chat.completions.create({ model, messages: user(script) }, { maxRetries: 0 }),
    ).rejects.toBeInstanceOf(errorClass);
    expect(await balance()).toBe(before);
  });

  test('raises its own classes for a bad key and an unknown model', async () => {
    const stranger = openai.withOptions({ apiKey: 'sk-corvus-unknown' });
    await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(openai.chat.completions.create({ model: 'no/such', messages: user('Hi') })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
  });

  test('stops at its output limit', async () => {
    const reply = await openai.chat.completions.create({ model, messages: user('#echo tokens 50'), max_tokens: 7 });
    expect(reply.choices[0]?.finish_reason).toBe('length');
    expect(reply.usage?.completion_tokens).toBe(7);
  });
});

describe('the Anthropic package', () => {
  const tools = [{ name: 'weather', input_schema: weather }];

  test('gets the same message whole and streamed', async () => {
    const ask = { model, max_tokens: 100, messages: user('Good morning') };
    const whole = await anthropic.messages.create(ask);
    const streamed = await anthropic.messages.stream(ask).finalMessage();
    expect(whole.content).toEqual([
      { type: 'text', text: 'Hello from Corvus. You said: Good morning', citations: null },
    ]);
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.stop_reason).toBe('end_turn');
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
  });

  test('calls a named tool, in pieces too, then answers from its result', async () => {
    const ask = {
      model,
      max_tokens: 100,
      messages: user('Weather?'),
      tools,
      tool_choice: { type: 'tool' as const, name: 'weather' },
    };
    const whole = await anthropic.messages.create(ask);
    const streamed = await anthropic.messages.stream(ask).finalMessage();
    const [call] = whole.content;
    expect(call).toMatchObject({ type: 'tool_use', name: 'weather', input: { city: 'Oslo', days: 2 } });
    expect(streamed.content).toMatchObject([{ type: 'tool_use', name: 'weather', input: { city: 'Oslo', days: 2 } }]);
    if (call?.type !== 'tool_use') throw new Error('no tool was called');
    const after = await anthropic.messages.create({
      model,
      max_tokens: 100,
      tools,
      messages: [
        ...user('Weather?'),
        { role: 'assistant', content: [call] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'Rain' }] },
      ],
    });
    expect(after.content).toMatchObject([{ type: 'text', text: 'The tool answered: Rain' }]);
  });

  test('is billed cache reads, cache writes and reasoning by their own prices', async () => {
    const script =
      '#echo text Yes\n#echo cache-read 1000\n#echo cache-write 200\n#echo cache-write 30 1h\n#echo reasoning 40';
    const { data, response } = await anthropic.messages
      .create({ model, max_tokens: 100, messages: user(script) })
      .withResponse();
    expect(data.usage).toMatchObject({
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: 230,
      cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 30 },
      output_tokens: 41,
      output_tokens_details: { thinking_tokens: 40 },
    });
    const receipt = receiptSchema.parse(
      await (await service.call(`/v1/generation?id=${response.headers.get('x-corvus-request-id')}`)).json(),
    );
    // 1.00 in, 0.10 read, 1.25 and 2.00 written, 4.00 out, per million.
    const microUsd = data.usage.input_tokens * 1 + 1000 * 0.1 + 200 * 1.25 + 30 * 2 + 41 * 4;
    expect(receipt.cost).toBe((microUsd / 1e6).toFixed(9).replace(/0+$/, ''));
  });

  test('thinks aloud when it may', async () => {
    const reply = await anthropic.messages.create({
      model,
      max_tokens: 2000,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      messages: user('#echo reasoning 5\n#echo text Done'),
    });
    expect(reply.content.map((block) => block.type)).toEqual(['thinking', 'text']);
  });

  test('counts tokens for nothing and lists models', async () => {
    const before = await balance();
    const { input_tokens } = await anthropic.messages.countTokens({ model, messages: user('One two three') });
    expect(input_tokens).toBe(3);
    expect(await balance()).toBe(before);
    const page = await anthropic.models.list();
    expect(page.data.map((item) => item.id)).toContain(model);
  });

  test('raises its own classes', async () => {
    const ask = (text: string, slug = model) =>
      anthropic.messages.create({ model: slug, max_tokens: 9, messages: user(text) }, { maxRetries: 0 });
    await expect(ask('#echo error 413')).rejects.toMatchObject({ status: 413 });
    await expect(ask('Hi', 'no/such')).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    await expect(ask('Hi', 'gpt-5.5')).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  });
});
