import { ApiError, GoogleGenAI } from '@google/genai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { providerIdSchema } from '#shared/ids.ts';
import { type MockUpstream, startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { type RunningCore, startCore } from './start-core.ts';

const twoCalls = '#echo tool weather {"city":"Zürich"}\n#echo tool weather {"city":"Graz"}';
const weather = { name: 'weather', parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } } } };
const config = { tools: [{ functionDeclarations: [weather] }] };
const signature = 'CsoBAcu98PBkZXRhaWxlZA==';
const json = { 'content-type': 'application/json' };
const events = { 'content-type': 'text/event-stream' };
const usageMetadata = {
  promptTokenCount: 90,
  cachedContentTokenCount: 40,
  toolUsePromptTokenCount: 10,
  candidatesTokenCount: 20,
  thoughtsTokenCount: 70,
  totalTokenCount: 190,
};

function genai(core: RunningCore, apiKey: string): GoogleGenAI {
  return new GoogleGenAI({
    apiKey,
    vertexai: false,
    httpOptions: { baseUrl: core.url, retryOptions: { attempts: 1 } },
  });
}

function chunk(parts: readonly object[], more: object = {}): object {
  return {
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
    modelVersion: 'gemini-3.5-flash',
    responseId: 'a-1',
    usageMetadata: { promptTokenCount: 90, totalTokenCount: 90 },
  };
}

const streamed = [
  chunk([{ text: 'Let me see.' }]),
  chunk([{ functionCall: { name: 'weather', args: { city: 'Graz' } }, thoughtSignature: signature }]),
  { ...chunk([{ text: '' }], { finishReason: 'STOP' }), usageMetadata },
];
const sse = streamed.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join('');
const whole = { ...chunk([{ text: 'Sun.' }], { finishReason: 'STOP' }), usageMetadata };

/** One core, and an upstream that speaks Gemini. */
async function startWithGoogle() {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const id = providerIdSchema.parse('google-like');
  const custom = { dialects: ['gemini' as const], isLocal: false };
  await core.handlers['providers.add']({
    id,
    kind: 'custom',
    baseUrl: upstream.origin,
    custom,
    key: 'AIza-upstream-0000',
  });
  const key = await core.newKey('provider:google-like');
  const post = (path: string, body: object, headers: Record<string, string> = { 'x-goog-api-key': key }) =>
    fetch(core.url + path, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) });
  return { core, upstream, key, post };
}

function sentTo(upstream: MockUpstream): Record<string, unknown> {
  return JSON.parse(String(upstream.received.at(-1)?.body));
}

describe('the official SDK is answered by a model of', () => {
  test.each([
    ['openai-chat', 'glm-4.6'],
    ['openai-responses', 'gpt-5-pro'],
    ['anthropic-messages', 'claude-haiku-4-5'],
  ])('%s', async (dialect, model) => {
    const core = await startCore();
    const ai = genai(core, await core.newKey());
    const asked = { model, contents: '#echo text Grüße aus Zürich', config };
    const answer = await ai.models.generateContent(asked);
    expect(answer.text).toBe('Grüße aus Zürich');
    await core.balance();
    const row = await core.newest();
    expect(row).toMatchObject({
      status: 'completed',
      match: 'agrees',
      dialect: 'gemini',
      translatedTo: dialect,
      modelRequested: model,
    });
    expect([answer.usageMetadata?.promptTokenCount, answer.usageMetadata?.candidatesTokenCount]).toEqual([
      row.inputTokens,
      row.outputTokens,
    ]);

    const pieces: string[] = [];
    for await (const piece of await ai.models.generateContentStream(asked)) pieces.push(piece.text ?? '');
    expect(pieces.join('')).toBe('Grüße aus Zürich');
    expect(pieces.length).toBeGreaterThan(2);
    expect(await core.newest()).toMatchObject({
      status: 'completed',
      isStream: true,
      usageSource: 'provider',
      finishReason: expect.any(String),
    });

    const chat = ai.chats.create({ model, config });
    const calling = await chat.sendMessage({ message: twoCalls });
    const calls = calling.functionCalls ?? [];
    expect(calls.map(({ name, args }) => [name, args])).toEqual([
      ['weather', { city: 'Zürich' }],
      ['weather', { city: 'Graz' }],
    ]);
    const results = calls.map(({ id = '', name = '' }, index) => ({
      functionResponse: { id, name, response: { output: `Result ${index}` } },
    }));
    expect((await chat.sendMessage({ message: results })).text).toMatch(/Result 0[^]*Result 1/);
  });
});

test('lists, counts and refusals are what the official SDK reads', async () => {
  const core = await startCore();
  const ai = genai(core, await core.newKey());
  const names: (string | undefined)[] = [];
  for await (const { name } of await ai.models.list()) names.push(name);
  expect(names).toContain('models/claude-haiku-4-5');
  expect(await ai.models.get({ model: 'claude-haiku-4-5' })).toMatchObject({
    name: 'models/claude-haiku-4-5',
    inputTokenLimit: 200_000,
  });
  expect(
    (await ai.models.countTokens({ model: 'claude-haiku-4-5', contents: 'Hello there' })).totalTokens,
  ).toBeGreaterThan(0);
  const embedded = await ai.models.embedContent({ model: 'text-embedding-3-small', contents: ['one', 'two'] });
  expect(embedded.embeddings?.map(({ values }) => values?.every(Number.isFinite))).toEqual([true, true]);
  expect(await core.newest()).toMatchObject({
    dialect: 'gemini-embeddings',
    translatedTo: 'openai-embeddings',
    status: 'completed',
  });

  const unknown = await ai.models
    .generateContent({ model: 'no-such', contents: 'Hi' })
    .catch((error: unknown) => error);
  expect(unknown).toBeInstanceOf(ApiError);
  expect(unknown).toMatchObject({ status: 404, message: expect.stringContaining('"status":"NOT_FOUND"') });
  const upstreams = ai.models.generateContent({ model: 'claude-haiku-4-5', contents: '#echo error 422 odd' });
  await expect(upstreams).rejects.toMatchObject({ status: 422 });
  const wrong = genai(core, 'sk-local-wrong').models.generateContent({ model: 'claude-haiku-4-5', contents: 'Hi' });
  await expect(wrong).rejects.toMatchObject({ status: 401, message: expect.stringContaining('invalid_api_key') });
});

describe('an upstream that speaks Gemini', () => {
  test('gets a Gemini client’s bytes as they came, and its own key; both forms of stream come back', async () => {
    const { core, upstream, key, post } = await startWithGoogle();
    const text =
      '{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generation_config":{"max_output_tokens":9},"x_new":12345678901234567890}';
    const raw = (path: string, headers: Record<string, string>) =>
      fetch(core.url + path, { method: 'POST', headers: { ...json, ...headers }, body: text });

    upstream.script({ status: 200, headers: events, body: sse, cutSeed: 7 });
    const reply = await raw('/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse&x=1', {
      'x-goog-api-key': key,
    });
    expect(await reply.text()).toBe(sse);
    const [received] = upstream.received;
    expect(received?.path).toBe('/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse&x=1');
    expect(String(received?.body)).toBe(text);
    expect(received?.headers).toMatchObject({ 'x-goog-api-key': 'AIza-upstream-0000' });
    expect(JSON.stringify(received?.rawHeaders)).not.toContain(key);
    expect(await core.newest()).toMatchObject({
      status: 'completed',
      dialect: 'gemini',
      endpoint: '/v1beta/models/{model}:streamGenerateContent',
      translatedTo: null,
      usageSource: 'provider',
      inputTokens: 100,
      usage: expect.objectContaining({ cacheRead: 40, outputReasoning: 70 }),
      outputTokens: 90,
      finishReason: 'STOP',
    });

    upstream.script({ status: 200, headers: events, body: sse, cutSeed: 8 });
    const list = await raw(`/v1/models/gemini-3.5-flash:streamGenerateContent?key=${key}`, {});
    expect(list.headers.get('content-type')).toBe('application/json');
    const listed = await list.text();
    expect(JSON.parse(listed)).toEqual(streamed);
    for (const event of streamed) expect(listed).toContain(JSON.stringify(event));
    expect(upstream.received.at(-1)?.path).toBe('/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse');

    upstream.script({ status: 200, headers: json, body: JSON.stringify(whole) });
    expect(await (await post('/v1beta/v1beta/models/gemini-3.5-flash:generateContent', {})).json()).toEqual(whole);
    upstream.script({ status: 200, headers: json, body: '{"totalTokens":31}' });
    expect(await (await post('/v1beta/models/gemini-3.5-flash:countTokens', {})).json()).toEqual({ totalTokens: 31 });
    expect(upstream.received.map(({ path }) => path).slice(-2)).toEqual([
      '/v1beta/models/gemini-3.5-flash:generateContent',
      '/v1beta/models/gemini-3.5-flash:countTokens',
    ]);
    expect(await core.log()).not.toContain(key);
  });

  test('gets the signature of a call back from clients whose dialect has no word for it', async () => {
    const { core, upstream, key } = await startWithGoogle();
    const { client } = core.anthropic(key);
    const tools = [
      { name: 'weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } },
    ];
    const question = { role: 'user' as const, content: 'How is Graz?' };
    upstream.script({ status: 200, headers: events, body: sse });
    const first = await client.messages
      .stream({ model: 'gemini-3.5-flash', max_tokens: 500, tools, messages: [question] })
      .finalMessage();
    expect(first.content.map(({ type }) => type)).toEqual(['text', 'tool_use']);
    expect(first).toMatchObject({
      stop_reason: 'tool_use',
      usage: { input_tokens: 60, cache_read_input_tokens: 40, output_tokens: 90 },
    });
    const results = first.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'Rain' }] : [],
    );
    upstream.script({ status: 200, headers: json, body: JSON.stringify(whole) });
    const messages = [
      question,
      { role: 'assistant' as const, content: first.content },
      { role: 'user' as const, content: results },
    ];
    const second = await client.messages.create({ model: 'gemini-3.5-flash', max_tokens: 500, tools, messages });
    expect(second.content).toMatchObject([{ type: 'text', text: 'Sun.' }]);
    expect(upstream.received.at(-1)?.path).toBe('/v1beta/models/gemini-3.5-flash:generateContent');
    expect(sentTo(upstream)).toMatchObject({
      contents: [
        { role: 'user' },
        {
          role: 'model',
          parts: [{ text: 'Let me see.' }, { functionCall: { name: 'weather' }, thoughtSignature: signature }],
        },
        { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { output: 'Rain' } } }] },
      ],
    });
    expect(await core.newest()).toMatchObject({
      dialect: 'anthropic-messages',
      translatedTo: 'gemini',
      outputTokens: 90,
    });
  });

  test.each<[string, string, object]>([
    [
      'an error as a success',
      '{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}',
      json,
    ],
    ['an error in a list', '[{"error":{"code":503,"message":"The model is overloaded."}}]', json],
    ['an empty object', '{}', json],
    ['no candidates', '{"candidates":[],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}', json],
    ['a call that cannot be read', JSON.stringify(chunk([], { finishReason: 'MALFORMED_FUNCTION_CALL' })), json],
    ['an error in a stream', 'data: {"error":{"code":503,"message":"The model is overloaded."}}\n\n', events],
  ])('%s is no answer, and costs nothing', async (_what, body, headers) => {
    const { core, upstream, key, post } = await startWithGoogle();
    const isStream = headers === events;
    const script = { status: 200, headers: headers as Record<string, string>, body };
    upstream.script(script);
    const method = isStream ? 'streamGenerateContent?alt=sse' : 'generateContent';
    const reply = await post(`/v1beta/models/gemini-3.5-flash:${method}`, { contents: [] });
    expect(await reply.text()).toMatch(/"error":\{/);
    if (!isStream) expect(reply.status).toBeGreaterThanOrEqual(500);
    expect(await core.newest()).toMatchObject({ status: 'failed', cost: '0.00', outputTokens: 0 });
    upstream.script(script);
    const { client } = core.openai(key);
    await expect(
      (async () => {
        const asked = await client.chat.completions.create(
          { model: 'gemini-3.5-flash', messages: [{ role: 'user', content: 'Hi' }], stream: isStream },
          { maxRetries: 0 },
        );
        if (Symbol.asyncIterator in asked) for await (const _piece of asked);
      })(),
    ).rejects.toThrow();
    expect(await core.newest()).toMatchObject({ status: 'failed', cost: '0.00' });
  });

  test('a blocked prompt is an answer that was filtered, and a stream that breaks off says so and counts what came', async () => {
    const { core, upstream, key, post } = await startWithGoogle();
    upstream.script({
      status: 200,
      headers: json,
      body: '{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}',
    });
    const { client } = core.openai(key);
    const blocked = await client.chat.completions.create({
      model: 'gemini-3.5-flash',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(blocked.choices[0]?.finish_reason).toBe('content_filter');

    for (const path of ['streamGenerateContent?alt=sse', 'streamGenerateContent']) {
      upstream.script({
        status: 200,
        headers: events,
        body: sse,
        fault: { kind: 'end', afterBytes: sse.indexOf('functionCall') },
      });
      const text = await (await post(`/v1beta/models/gemini-3.5-flash:${path}`, { contents: [] })).text();
      expect(text).toContain('"status":"');
      expect(text).not.toContain('"finishReason"');
      if (!path.includes('alt'))
        expect(JSON.parse(text)).toMatchObject([{ candidates: [{}] }, { error: { code: expect.any(Number) } }]);
      expect(await core.newest()).toMatchObject({
        status: 'truncated',
        usageSource: 'estimated',
        inputTokens: 90,
        outputTokens: 3,
      });
    }
  });
});
