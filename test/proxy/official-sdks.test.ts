import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import type { Call, Target } from '#proxy/call.ts';
import { CorvusError, type ErrorCode } from '#shared/errors.ts';
import { answerFor, answerText, chatUsage, messagesUsage } from '../support/fakes/provider-answers.ts';
import { clientKey, type GatewayOptions, startGateway } from './start-gateway.ts';

async function startOpenAi(options: GatewayOptions = {}, apiKey = clientKey) {
  const gateway = await startGateway(options);
  let calls = 0;
  const counted: typeof fetch = (...args) => {
    calls += 1;
    return fetch(...args);
  };
  return { gateway, client: new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, fetch: counted }), calls: () => calls };
}

async function startAnthropic(options: GatewayOptions = {}, apiKey = clientKey) {
  const gateway = await startGateway(options);
  let calls = 0;
  const counted: typeof fetch = (...args) => {
    calls += 1;
    return fetch(...args);
  };
  return {
    gateway,
    client: new Anthropic({ apiKey, authToken: null, baseURL: `${gateway.url}/anthropic`, fetch: counted }),
    calls: () => calls,
  };
}

/** The same answer, one event at a time: what passes before the money ends is then certain. */
function eventByEvent(call: Call): Target[] {
  async function* body() {
    for (const event of answerFor(call.endpoint, call.body.toString('utf8'))
      .toString('utf8')
      .split(/(?<=\n\n)/))
      yield Buffer.from(event);
  }
  return [
    {
      kind: 'builtin',
      name: 'paced',
      answer: async () => ({ status: 200, headers: { 'content-type': 'text/event-stream' }, body: body() }),
    },
  ];
}

const chat = {
  model: 'gpt-test',
  messages: [{ role: 'user', content: 'hi' }],
} satisfies OpenAI.ChatCompletionCreateParams;
const message = {
  model: 'claude-test',
  max_tokens: 64,
  messages: [{ role: 'user', content: 'hi' }],
} satisfies Anthropic.MessageCreateParams;
const openAiTool: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: {} } },
};
const anthropicTool: Anthropic.Tool = { name: 'weather', input_schema: { type: 'object', properties: {} } };

describe('the openai package, unmodified', () => {
  test('chat, tools, completions, embeddings', async () => {
    const { client } = await startOpenAi();
    const answer = await client.chat.completions.create(chat);
    expect(answer.choices[0]?.message.content).toBe(answerText);
    expect(answer.usage).toMatchObject(chatUsage);
    const withTool = await client.chat.completions.create({ ...chat, tools: [openAiTool] });
    expect(withTool.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: 'weather', arguments: '{"city":"Zürich"}' },
    });
    expect((await client.completions.create({ model: 'gpt-test', prompt: 'hi' })).choices[0]?.text).toBe(answerText);
    expect((await client.embeddings.create({ model: 'embed-test', input: 'hi' })).data[0]?.embedding).toEqual([1, 2]);
  });

  test('streams text and tool calls, with and without asking for usage', async () => {
    const { client, gateway } = await startOpenAi();
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...chat, stream: true })) {
      expect(chunk.usage).toBeUndefined();
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe(answerText);
    let usage: unknown = null;
    for await (const chunk of await client.chat.completions.create({
      ...chat,
      stream: true,
      stream_options: { include_usage: true },
    }))
      usage = chunk.usage ?? usage;
    expect(usage).toMatchObject(chatUsage);
    const runner = client.chat.completions.stream({ ...chat, tools: [openAiTool] });
    expect((await runner.finalChatCompletion()).choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { arguments: '{"city":"Zürich"}' },
    });
    expect(gateway.outcomes.map(({ usage: used }) => used?.outputText)).toEqual([10, 10, 10]);
  });

  test('money that ends in mid-stream ends the stream cleanly, at "length"', async () => {
    const { client, gateway } = await startOpenAi({ targets: eventByEvent, cover: (tokens) => tokens < 5 });
    let reason: string | null = null;
    for await (const chunk of await client.chat.completions.create({ ...chat, stream: true }))
      reason = chunk.choices[0]?.finish_reason ?? reason;
    expect(reason).toBe('length');
    // The package is content with the last event; the answer ends after it.
    await expect
      .poll(() => gateway.outcomes)
      .toMatchObject([{ status: 'exhausted', errorCode: 'insufficient_credits', usageSource: 'estimated' }]);
  });

  test('an upstream that breaks off raises an APIError in the loop', async () => {
    const { client, gateway } = await startOpenAi();
    gateway.upstream.script({ fault: { kind: 'reset', afterBytes: 900 } });
    const read = async () => {
      for await (const _chunk of await client.chat.completions.create({ ...chat, stream: true }));
    };
    await expect(read()).rejects.toMatchObject({ code: expect.stringMatching(/^upstream_(interrupted|truncated)$/) });
    await expect(read()).resolves.toBeUndefined();
  });
});

describe('the @anthropic-ai/sdk package, unmodified', () => {
  test('messages, tools, token count', async () => {
    const { client } = await startAnthropic();
    const answer = await client.messages.create(message);
    expect(answer.content).toMatchObject([{ type: 'text', text: answerText }]);
    expect(answer.usage).toMatchObject(messagesUsage);
    const withTool = await client.messages.create({ ...message, tools: [anthropicTool] });
    expect(withTool.content).toMatchObject([{ type: 'tool_use', input: { city: 'Zürich' } }]);
    expect(await client.messages.countTokens({ model: 'claude-test', messages: message.messages })).toEqual({
      input_tokens: 25,
    });
  });

  test('streams text and tool input', async () => {
    const { client, gateway } = await startAnthropic();
    expect(await client.messages.stream(message).finalText()).toBe(answerText);
    const final = await client.messages.stream({ ...message, tools: [anthropicTool] }).finalMessage();
    expect(final.content).toMatchObject([{ type: 'tool_use', input: { city: 'Zürich' } }]);
    expect(gateway.outcomes.map(({ usage }) => usage?.outputText)).toEqual([15, 15]);
  });

  test('money that ends in mid-stream ends the message cleanly, at max_tokens, with its block closed', async () => {
    const { client, gateway } = await startAnthropic({
      targets: eventByEvent,
      cover: (tokens) => Promise.resolve(tokens < 5),
    });
    const final = await client.messages.stream(message).finalMessage();
    expect(final.stop_reason).toBe('max_tokens');
    expect(final.content).toMatchObject([{ type: 'text', text: answerText.slice(0, 4) }]);
    expect(gateway.outcomes).toMatchObject([{ status: 'exhausted' }]);
  });

  test('money that ends before the first event raises the refusal itself', async () => {
    const { client, gateway } = await startAnthropic({ cover: () => false });
    await expect(client.messages.stream(message).finalMessage()).rejects.toMatchObject({
      error: { error: { code: 'insufficient_credits' } },
    });
    expect(gateway.outcomes).toMatchObject([
      { status: 'exhausted', hasRelayedOutput: false, responseBytes: expect.any(Number) },
    ]);
  });

  test('an upstream that breaks off raises an APIError', async () => {
    const { client, gateway } = await startAnthropic();
    gateway.upstream.script({ fault: { kind: 'reset', afterBytes: 900 } });
    await expect(client.messages.stream(message).finalMessage()).rejects.toBeInstanceOf(Anthropic.APIError);
  });
});

/** Each refusal before anything is sent: status, and the class each SDK makes of it. */
const refusals = [
  ['bad_request', 400, OpenAI.BadRequestError, Anthropic.BadRequestError],
  ['model_not_found', 404, OpenAI.NotFoundError, Anthropic.NotFoundError],
  ['model_not_priced', 400, OpenAI.BadRequestError, Anthropic.BadRequestError],
  ['dialect_not_supported', 400, OpenAI.BadRequestError, Anthropic.BadRequestError],
  ['insufficient_credits', 429, OpenAI.RateLimitError, Anthropic.RateLimitError],
  ['idempotency_key_reused', 422, OpenAI.UnprocessableEntityError, Anthropic.UnprocessableEntityError],
  ['no_lane', 503, OpenAI.InternalServerError, Anthropic.InternalServerError],
  ['proxy_loop', 508, OpenAI.InternalServerError, Anthropic.InternalServerError],
] as const satisfies readonly (readonly [ErrorCode, number, unknown, unknown])[];

describe("refusals in the SDKs' own classes, tried once (E116)", () => {
  test.each(refusals)('%s -> %i', async (code, status, openAiClass, anthropicClass) => {
    const admit = () => {
      throw new CorvusError(code);
    };
    const openai = await startOpenAi({ admit });
    const openaiError = await openai.client.chat.completions.create(chat).catch((error: unknown) => error);
    expect(openaiError).toBeInstanceOf(openAiClass);
    expect(openaiError).toMatchObject({ status, code, requestID: expect.stringMatching(/^req_/) });
    expect(openai.calls()).toBe(1);
    const anthropic = await startAnthropic({ admit });
    const anthropicError = await anthropic.client.messages.create(message).catch((error: unknown) => error);
    expect(anthropicError).toBeInstanceOf(anthropicClass);
    expect(anthropicError).toMatchObject({
      status,
      requestID: expect.stringMatching(/^req_/),
      error: { type: 'error', error: { code } },
    });
    expect(anthropic.calls()).toBe(1);
  });

  test('a wrong key is an AuthenticationError, tried once', async () => {
    const openai = await startOpenAi({}, 'sk-wrong');
    await expect(openai.client.chat.completions.create(chat)).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    const anthropic = await startAnthropic({}, 'sk-wrong');
    await expect(anthropic.client.messages.create(message)).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
    expect([openai.calls(), anthropic.calls()]).toEqual([1, 1]);
  });

  test('out of balance set to 402 is still tried once', async () => {
    const { client, calls } = await startOpenAi({
      admit: () => {
        throw new CorvusError('insufficient_credits', undefined, {
          status: 402,
          body: { reason: 'balance', topup_url: 'http://x' },
        });
      },
    });
    const error = await client.chat.completions.create(chat).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      status: 402,
      code: 'insufficient_credits',
      error: { reason: 'balance', topup_url: 'http://x' },
    });
    expect(calls()).toBe(1);
  });
});
