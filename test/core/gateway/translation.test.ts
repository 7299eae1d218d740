import type Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { coreOfFile, type RunningCore } from './start-core.ts';

const user = (content: string) => [{ role: 'user' as const, content }];
const schema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };
const twoCalls = '#echo tool weather {"city":"Zürich"}\n#echo tool weather {"city":"Graz"}';

/** Everything a person would check in an answer of any dialect. */
interface Seen {
  text: string;
  calls: { name: string; city: unknown }[];
  input: number;
  output: number;
}

interface Client {
  ask(core: RunningCore, key: string, model: string, content: string, isStream: boolean): Promise<Seen>;
  /** Calls a tool, gives its result, and hears the answer to that. */
  useTool(core: RunningCore, key: string, model: string): Promise<string>;
}

const chat: Client = {
  async ask(core, key, model, content, isStream) {
    const { client } = core.openai(key);
    const body = {
      model,
      messages: user(content),
      tools: [{ type: 'function' as const, function: { name: 'weather', parameters: schema } }],
    };
    const reply = isStream
      ? await client.chat.completions.stream({ ...body, stream_options: { include_usage: true } }).finalChatCompletion()
      : await client.chat.completions.create(body);
    const message = reply.choices[0]?.message;
    const calls = (message?.tool_calls ?? []).flatMap((call) =>
      call.type === 'function' ? [called(call.function.name, call.function.arguments)] : [],
    );
    return {
      text: message?.content ?? '',
      calls,
      input: reply.usage?.prompt_tokens ?? -1,
      output: reply.usage?.completion_tokens ?? -1,
    };
  },
  async useTool(core, key, model) {
    const { client } = core.openai(key);
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: schema } }];
    const asked = await client.chat.completions.create({ model, tools, messages: user(twoCalls) });
    const message = asked.choices[0]?.message;
    if (!message) throw new Error('no answer');
    const results = (message.tool_calls ?? []).map(({ id }, index) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: `Result ${index}`,
    }));
    const reply = await client.chat.completions.create({
      model,
      tools,
      messages: [...user(twoCalls), message, ...results],
    });
    return reply.choices[0]?.message.content ?? '';
  },
};

const messages: Client = {
  async ask(core, key, model, content, isStream) {
    const { client } = core.anthropic(key);
    const body = {
      model,
      max_tokens: 500,
      messages: user(content),
      tools: [{ name: 'weather', input_schema: schema }],
    };
    const reply: Anthropic.Message = isStream
      ? await client.messages.stream(body).finalMessage()
      : await client.messages.create(body);
    const text = reply.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    const calls = reply.content.flatMap((block) =>
      block.type === 'tool_use' ? [called(block.name, JSON.stringify(block.input))] : [],
    );
    return { text, calls, input: reply.usage.input_tokens, output: reply.usage.output_tokens };
  },
  async useTool(core, key, model) {
    const { client } = core.anthropic(key);
    const tools = [{ name: 'weather', input_schema: schema }];
    const asked = await client.messages.create({ model, max_tokens: 500, tools, messages: user(twoCalls) });
    const results = asked.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    const content = results.map((id, index) => ({
      type: 'tool_result' as const,
      tool_use_id: id,
      content: `Result ${index}`,
    }));
    const turns = [
      ...user(twoCalls),
      { role: 'assistant' as const, content: asked.content },
      { role: 'user' as const, content },
    ];
    const reply = await client.messages.create({ model, max_tokens: 500, tools, messages: turns });
    return reply.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  },
};

const responses: Client = {
  async ask(core, key, model, content, isStream) {
    const { client } = core.openai(key);
    const tools = [{ type: 'function' as const, name: 'weather', parameters: schema, strict: false }];
    const body = { model, input: content, tools };
    const reply = isStream ? await client.responses.stream(body).finalResponse() : await client.responses.create(body);
    const calls = reply.output.flatMap((item) =>
      item.type === 'function_call' ? [called(item.name, item.arguments)] : [],
    );
    return {
      text: reply.output_text,
      calls,
      input: reply.usage?.input_tokens ?? -1,
      output: reply.usage?.output_tokens ?? -1,
    };
  },
  async useTool(core, key, model) {
    const { client } = core.openai(key);
    const tools = [{ type: 'function' as const, name: 'weather', parameters: schema, strict: false }];
    const asked = await client.responses.create({ model, tools, input: user(twoCalls) });
    const ids = asked.output.flatMap((item) => (item.type === 'function_call' ? [item.call_id] : []));
    const results = ids.map((id, index) => ({
      type: 'function_call_output' as const,
      call_id: id,
      output: `Result ${index}`,
    }));
    const reply = await client.responses.create({
      model,
      tools,
      input: [...user(twoCalls), ...asked.output.filter((item) => item.type === 'function_call'), ...results],
    });
    return reply.output_text;
  },
};

function called(name: string, text: string) {
  return { name, city: (JSON.parse(text) as { city?: unknown }).city };
}

const running = coreOfFile();

/** One model for each dialect, sold in no other. */
const models = {
  'openai-chat': 'glm-4.6',
  'openai-responses': 'gpt-5-pro',
  'anthropic-messages': 'claude-haiku-4-5',
} as const;

describe.each([
  ['chat', chat, 'anthropic-messages'],
  ['messages', messages, 'openai-chat'],
  ['responses', responses, 'anthropic-messages'],
  ['responses', responses, 'openai-chat'],
  ['chat', chat, 'openai-responses'],
  ['messages', messages, 'openai-responses'],
] as const)('a client of %s', (_name, client, dialect) => {
  test.each([false, true])(`is answered by a model of ${dialect}, streamed: %s`, async (isStream) => {
    const core = running();
    const key = await core.newKey();
    const model = models[dialect];
    const answer = await client.ask(core, key, model, '#echo text Grüße aus Zürich', isStream);
    expect(answer).toMatchObject({ text: 'Grüße aus Zürich', calls: [] });
    await core.balance();
    const row = await eventually(async () => {
      const newest = await core.newest();
      expect(newest).toMatchObject({
        status: 'completed',
        match: 'agrees',
        translatedTo: dialect,
        modelRequested: model,
        usageSource: 'provider',
      });
      return newest;
    });
    expect([answer.input, answer.output]).toEqual([row.inputTokens, row.outputTokens]);

    const calling = await client.ask(core, key, model, twoCalls, isStream);
    expect(calling.calls).toEqual([
      { name: 'weather', city: 'Zürich' },
      { name: 'weather', city: 'Graz' },
    ]);
    expect(await client.useTool(core, key, model)).toMatch(/Result 0[^]*Result 1/);
  });
});

test('an upstream’s refusal keeps its status and sentence, in the client’s envelope', async () => {
  const core = running();
  const { client } = core.openai(await core.newKey());
  const asked = client.chat.completions.create({ model: 'claude-haiku-4-5', messages: user('#echo error 422 odd') });
  await expect(asked).rejects.toMatchObject({ status: 422, code: 'odd' });
  await expect(asked).rejects.toBeInstanceOf(OpenAI.UnprocessableEntityError);
});

test('an inexpressible feature is refused before anything is sent, and an omitted member is named', async () => {
  const core = running();
  const key = await core.newKey();
  const { client } = core.openai(key);
  const ask = (more: object) =>
    client.chat.completions.create({ model: 'claude-haiku-4-5', messages: user('Hello'), ...more }).withResponse();
  await expect(ask({ n: 2 })).rejects.toMatchObject({ status: 400, code: 'not_translatable', param: 'n' });
  const { response } = await ask({ seed: 1, metadata: { a: 'b' } });
  expect(response.headers.get('x-corvus-not-carried')).toBe('metadata, seed');
  expect(response.headers.get('x-corvus-translated-to')).toBe('anthropic-messages');
});

test('a stream that breaks off says so in the client’s dialect, once', async () => {
  const core = running();
  const key = await core.newKey();
  const post = (path: string, body: object) =>
    fetch(core.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const cut = await post('/v1/responses', {
    model: 'claude-haiku-4-5',
    input: '#echo cut 4\n#echo tokens 50',
    stream: true,
  });
  const text = await cut.text();
  expect(text.match(/^event: response\.(completed|incomplete|failed)$/gm)).toEqual(['event: response.failed']);
  const chatText = await (
    await post('/v1/chat/completions', {
      model: 'claude-haiku-4-5',
      messages: user('#echo cut 4\n#echo tokens 50'),
      stream: true,
    })
  ).text();
  expect(chatText).toMatch(/"error":/);
  expect(chatText).not.toContain('[DONE]');
});

test('counting tokens without an upstream that counts is an estimate, marked as one', async () => {
  const core = running();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const { client } = core.anthropic(await core.addProvider('chatty', 'openai', upstream.origin, 'sk-chatty'));
  const counted = await client.messages.countTokens({ model: 'x', messages: user('Hello there') }).withResponse();
  expect(counted.data.input_tokens).toBeGreaterThan(0);
  expect(counted.response.headers.get('x-token-count')).toBe('estimated');
  expect(upstream.received).toHaveLength(0);
});
