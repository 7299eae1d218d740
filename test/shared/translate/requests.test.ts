import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import { CorvusError } from '#shared/errors.ts';
import { type ConversationDialect, sameToolNames } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';

function translate(from: ConversationDialect, to: ConversationDialect, body: JsonObject) {
  const translation = findTranslation(from, to);
  if (!translation) throw new Error('no such pair');
  return translation.request(body);
}

const hello = [{ role: 'user', content: 'Hello' }];
const call = { id: 'functions.read:0', type: 'function', function: { name: 'read', arguments: '{}' } };
const toMessages = (body: JsonObject) =>
  translate('openai-chat', 'anthropic-messages', { model: 'claude-sonnet-4-5', messages: hello, ...body });

describe('thinking that Messages would refuse is not asked for', () => {
  test.each<[string, JsonObject]>([
    ['an answer that is begun', { messages: [...hello, { role: 'assistant', content: 'Well' }] }],
    [
      'in the middle of a tool loop, instructions behind the result or not',
      {
        messages: [
          ...hello,
          { role: 'assistant', content: null, tool_calls: [call] },
          { role: 'tool', tool_call_id: call.id, content: 'x' },
          { role: 'system', content: 'Go on.' },
        ],
      },
    ],
    ['a tool that is chosen', { tools: [{ type: 'function', function: { name: 'read' } }], tool_choice: 'required' }],
    ['a model that cannot', { model: 'claude-3-5-sonnet-20241022' }],
  ])('%s', (_name, body) => {
    const { body: sent, notCarried } = toMessages({ reasoning_effort: 'high', ...body });
    expect(sent['thinking']).toBeUndefined();
    expect(notCarried).toContain('reasoning effort');
  });

  test('and where it is, what cannot stand beside it is left out', () => {
    const { body, notCarried } = toMessages({ reasoning_effort: 'high', temperature: 0.2, top_p: 0.5, top_k: 5 });
    expect(body['thinking']).toEqual({ type: 'enabled', budget_tokens: 16_000 });
    expect(notCarried).toEqual(['temperature', 'top_p', 'top_k']);
    expect(body['top_k']).toBeUndefined();
  });

  test('newer models get an effort', () => {
    const { body } = toMessages({ model: 'claude-opus-4-6', reasoning_effort: 'high' });
    expect(body).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: 'high' } });
  });
});

test('ids that Messages does not take are rewritten alike on the call and on its result', () => {
  const { body } = toMessages({
    messages: [
      ...hello,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: call.id, content: 'x' },
    ],
  });
  const text = JSON.stringify(body);
  const ids = [...text.matchAll(/"(?:id|tool_use_id)":"([^"]+)"/g)].map(([, id]) => id);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^[\w-]+$/);
});

test('what is left out is named', () => {
  const { notCarried } = toMessages({
    service_tier: 'flex',
    stop: [' '],
    tool_choice: 'required',
    seed: 1,
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } },
    messages: [
      {
        role: 'user',
        name: 'bob',
        content: [{ type: 'image_url', image_url: { url: 'https://a.example/a.png', detail: 'high' } }],
      },
    ],
  });
  expect([...notCarried].sort()).toEqual(
    [
      'seed',
      'messages.name',
      'service_tier',
      'blank stop sequences',
      'tool_choice',
      "the schema's name",
      'image detail',
    ].sort(),
  );
});

test.each<[ConversationDialect, ConversationDialect, JsonObject, string]>([
  ['openai-chat', 'anthropic-messages', { messages: hello, n: 2 }, 'n'],
  ['openai-chat', 'anthropic-messages', { messages: hello, logprobs: true }, 'logprobs'],
  ['openai-chat', 'openai-responses', { messages: hello, stop: ['x'] }, 'stop'],
  ['openai-responses', 'openai-chat', { input: 'Hello', previous_response_id: 'resp_1' }, 'previous_response_id'],
  ['openai-responses', 'anthropic-messages', { input: 'Hello', background: true }, 'background'],
  ['openai-responses', 'openai-chat', { input: [{ type: 'item_reference', id: 'x' }] }, 'input[0]'],
  ['anthropic-messages', 'openai-chat', { messages: hello, mcp_servers: [{}] }, 'mcp_servers'],
  [
    'anthropic-messages',
    'openai-chat',
    { messages: hello, tools: [{ type: 'computer_20250124', name: 'computer' }] },
    'tools[0]',
  ],
  [
    'openai-chat',
    'anthropic-messages',
    { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
    'messages[0].content[0]',
  ],
])('%s to %s: %j is refused by name', (from, to, body, param) => {
  let refusal: unknown = null;
  try {
    translate(from, to, { model: 'm', ...body });
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(CorvusError);
  expect(refusal).toMatchObject({ code: 'not_translatable', details: { param } });
});

test('a schema under its older name of Messages holds the answer as well', () => {
  const schema = { type: 'object', properties: {}, additionalProperties: false };
  const request = { model: 'm', max_tokens: 10, messages: hello, output_format: { type: 'json_schema', schema } };
  for (const to of ['openai-chat', 'openai-responses', 'gemini'] as const) {
    const { body, notCarried } = translate('anthropic-messages', to, request);
    expect(JSON.stringify(body)).toContain(JSON.stringify(schema));
    expect(notCarried).toEqual([]);
  }
});

test('signatures are never minted, and a foreign thought is not sent on', () => {
  const thinking = { type: 'thinking', thinking: 'Hm', signature: 'sig' };
  const messages = [...hello, { role: 'assistant', content: [thinking, { type: 'text', text: 'Well' }] }, ...hello];
  const { body, notCarried } = translate('anthropic-messages', 'openai-responses', {
    model: 'm',
    max_tokens: 10,
    messages,
  });
  expect(JSON.stringify(body)).not.toMatch(/Hm|sig/);
  expect(notCarried).toEqual(['thinking']);
  const reply = findTranslation('anthropic-messages', 'openai-chat')?.reply(
    { choices: [{ message: { reasoning_content: 'Hm', content: 'Well' }, finish_reason: 'stop' }] },
    { request: {}, requestId: 'r', createdSeconds: 0, tools: sameToolNames },
  );
  expect(reply?.body['content']).toMatchObject([
    { type: 'thinking', thinking: 'Hm', signature: '' },
    { type: 'text', text: 'Well' },
  ]);
});

test('a tool that takes bare text is wrapped for who takes JSON only, and its groups are flattened and found again', () => {
  const tools = [
    { type: 'custom', name: 'apply_patch' },
    { type: 'namespace', name: 'agents', tools: [{ type: 'function', name: 'close', parameters: { type: 'object' } }] },
    { type: 'web_search' },
  ];
  const request = { model: 'm', input: 'Hello', tools };
  const translation = findTranslation('openai-responses', 'openai-chat');
  const { body, notCarried, tools: sent } = translate('openai-responses', 'openai-chat', request);
  expect(notCarried).toEqual(['tools.web_search']);
  expect(JSON.stringify(body['tools'])).toMatch(/"name":"apply_patch".*"input".*"name":"agents__close"/);
  const calls = [
    { id: 'a', type: 'function', function: { name: 'apply_patch', arguments: '{"input":"*** Begin"}' } },
    { id: 'b', type: 'function', function: { name: 'agents__close', arguments: '{}' } },
  ];
  const reply = translation?.reply(
    { choices: [{ message: { content: null, tool_calls: calls }, finish_reason: 'tool_calls' }] },
    { request, requestId: 'r', createdSeconds: 0, tools: sent },
  );
  expect(reply?.body['output']).toMatchObject([
    { type: 'custom_tool_call', call_id: 'a', name: 'apply_patch', input: '*** Begin' },
    { type: 'function_call', call_id: 'b', name: 'close', namespace: 'agents', arguments: '{}' },
  ]);
});

test('a cache marker on a message marks the end of its content', () => {
  const cache_control = { type: 'ephemeral', ttl: '1h' };
  const { body } = toMessages({
    messages: [
      { role: 'system', content: 'Be brief.', cache_control },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'One' },
          { type: 'text', text: 'Two' },
        ],
        cache_control,
      },
      { role: 'assistant', content: 'Hm.', tool_calls: [call], cache_control },
      { role: 'tool', tool_call_id: call.id, content: 'x', cache_control },
    ],
  });
  expect(body).toMatchObject({
    system: [{ text: 'Be brief.', cache_control }],
    messages: [
      { content: [expect.not.objectContaining({ cache_control }), { text: 'Two', cache_control }] },
      { content: [expect.not.objectContaining({ cache_control }), { type: 'tool_use', cache_control }] },
      { content: [{ type: 'tool_result', cache_control }] },
    ],
  });
});

describe('a seed and penalties reach every model that takes them', () => {
  const config = { seed: 7, frequencyPenalty: 0.5, presencePenalty: 0 };
  const options = { seed: 7, frequency_penalty: 0, presence_penalty: 0.5 };
  test.each<[ConversationDialect, ConversationDialect, JsonObject, JsonObject, string[]]>([
    ['gemini', 'openai-chat', { generationConfig: config }, { seed: 7, frequency_penalty: 0.5 }, []],
    ['ollama-chat', 'openai-chat', { messages: hello, options }, { seed: 7, presence_penalty: 0.5 }, []],
    [
      'ollama-generate',
      'gemini',
      { prompt: 'Hello', options },
      { generationConfig: { seed: 7, presencePenalty: 0.5 } },
      [],
    ],
    ['openai-chat', 'gemini', { model: 'gemini-2.5-pro', messages: hello, ...options }, {}, ['presence_penalty']],
    ['gemini', 'openai-chat', { model: 'gpt-5', generationConfig: config }, {}, ['frequency_penalty']],
    ['gemini', 'openai-chat', { model: 'mistral-large-latest', generationConfig: config }, {}, ['seed']],
    ['gemini', 'openai-chat', { model: 'grok-4', generationConfig: config }, {}, ['frequency_penalty']],
    ['openai-chat', 'gemini', { messages: hello, seed: 2 ** 40 }, {}, ['seed']],
    ['gemini', 'openai-chat', { generationConfig: { seed: 2 ** 60 } }, {}, ['seed']],
  ])('from %s to %s: %j', (from, to, body, sent, notCarried) => {
    const translated = translate(from, to, { model: 'some-model', stream: false, contents: [], ...body });
    expect(translated.notCarried.filter((name) => name !== 'contents')).toEqual(notCarried);
    expect(translated.body).toMatchObject(sent);
    for (const name of notCarried) expect(JSON.stringify(translated.body)).not.toContain(name.split('_')[0]);
  });
});

test('a negative seed asks Ollama for another answer each time, as none does elsewhere', () => {
  const { body, notCarried } = translate('ollama-chat', 'openai-chat', { messages: hello, options: { seed: -1 } });
  expect([body['seed'], notCarried]).toEqual([undefined, []]);
});

test('JSON whose schema is left out is JSON without a schema', () => {
  const body = { model: 'm', messages: hello, response_format: { type: 'json_schema', json_schema: { name: 'any' } } };
  expect(translate('openai-chat', 'gemini', body).body).toMatchObject({
    generationConfig: { responseMimeType: 'application/json' },
  });
  const pattern = { ...body, response_format: { type: 'regex', pattern: '\\d+' } };
  expect(translate('openai-chat', 'gemini', pattern).notCarried).toEqual(['response_format']);
});
