import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import type { ConversationDialect } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';

function translate(from: ConversationDialect, to: ConversationDialect, body: JsonObject) {
  const translation = findTranslation(from, to);
  if (!translation) throw new Error('no such pair');
  return translation.request({ model: 'm', ...body });
}

const messages = [{ role: 'user', content: 'Hello' }];

describe('Messages takes only closed schemas, without limits on numbers, lengths and lists', () => {
  const open = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    description: 'A person',
    properties: {
      name: { type: 'string', minLength: 1, description: 'As it is written' },
      born: { type: 'string', format: 'date' },
      age: { type: ['integer', 'null'], minimum: 0, default: 3 },
      homes: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'object', properties: {} } },
      pet: { oneOf: [{ $ref: '#/$defs/pet' }, { type: 'null' }] },
    },
    required: ['name'],
    $defs: { pet: { type: 'object', properties: { kind: { enum: ['cat', 'dog'] } }, additionalProperties: true } },
  };
  const closed = {
    type: 'object',
    description: 'A person',
    properties: {
      name: { type: 'string', description: 'As it is written\nminLength: 1' },
      born: { type: 'string', format: 'date' },
      age: { type: ['integer', 'null'], default: 3, description: 'minimum: 0' },
      homes: {
        type: 'array',
        minItems: 1,
        items: { type: 'object', properties: {}, additionalProperties: false },
        description: 'maxItems: 2',
      },
      pet: { anyOf: [{ $ref: '#/$defs/pet' }, { type: 'null' }] },
    },
    required: ['name'],
    $defs: { pet: { type: 'object', properties: { kind: { enum: ['cat', 'dog'] } }, additionalProperties: false } },
    additionalProperties: false,
  };
  const limits = ['minLength', 'minimum', 'maxItems', 'additionalProperties'];

  test.each<[string, ConversationDialect, JsonObject]>([
    ['chat', 'openai-chat', { messages, response_format: { type: 'json_schema', json_schema: { schema: open } } }],
    ['Responses', 'openai-responses', { input: 'Hello', text: { format: { type: 'json_schema', schema: open } } }],
    [
      'Gemini',
      'gemini',
      {
        contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
        generationConfig: { responseMimeType: 'application/json', responseJsonSchema: open },
      },
    ],
    ['Ollama', 'ollama-chat', { messages, format: open, stream: false }],
  ])('from %s', (_name, from, body) => {
    const { body: sent, notCarried } = translate(from, 'anthropic-messages', body);
    expect(sent['output_config']).toEqual({ format: { type: 'json_schema', schema: closed } });
    expect(notCarried).toEqual(limits.map((name) => `the schema's ${name}`));
  });

  test('and those of strict tools; of other tools it takes any', () => {
    const tool = (name: string, strict: boolean) => ({
      type: 'function',
      function: { name, parameters: open, strict },
    });
    const { body, notCarried } = translate('openai-chat', 'anthropic-messages', {
      messages,
      tools: [tool('held', true), tool('free', false)],
    });
    expect(body['tools']).toEqual([
      { name: 'held', input_schema: closed, strict: true },
      { name: 'free', input_schema: open },
    ]);
    expect(notCarried).toEqual(limits.map((name) => `tools.parameters.${name}`));
  });
});

describe('OpenAI takes only some schemas as strict ones', () => {
  const strict = {
    type: 'object',
    properties: { city: { type: 'string', minLength: 1 }, of: { anyOf: [{ $ref: '#/$defs/land' }, { type: 'null' }] } },
    required: ['city', 'of'],
    additionalProperties: false,
    $defs: { land: { type: 'object', properties: {}, additionalProperties: false } },
  };
  const inside = (schema: object) => ({ ...strict, properties: { city: schema }, required: ['city'] });
  const upstreams = ['openai-chat', 'openai-responses'] as const;

  function sent(schema: JsonObject, to: (typeof upstreams)[number]) {
    const format = { type: 'json_schema', schema };
    const tools = [{ name: 'read', input_schema: schema, strict: true }];
    const { body, notCarried } = translate('anthropic-messages', to, {
      messages,
      max_tokens: 50,
      tools,
      output_config: { format },
    });
    const text = JSON.stringify(body);
    return { strict: [...text.matchAll(/"strict":(\w+)/g)].map(([, said]) => said === 'true'), notCarried };
  }

  test.each(upstreams)('one that %s takes', (to) => {
    expect(sent(strict, to)).toEqual({ strict: [true, true], notCarried: [] });
  });

  test.each<[string, JsonObject]>([
    ['an optional member', { ...strict, required: ['city'] }],
    ['an open object inside', inside({ type: 'object', properties: {} })],
    ['an open object in a list', inside({ type: 'array', items: { type: ['object', 'null'] } })],
    ['an open object among the definitions', { ...strict, $defs: { land: { type: 'object' } } }],
    ['a default', inside({ type: 'string', default: 'Graz' })],
  ])('any other is sent as one that is not: %s', (_name, schema) => {
    for (const to of upstreams)
      expect(sent(schema, to)).toEqual({
        strict: [false, false],
        notCarried: expect.arrayContaining(['tools.strict', "the schema's strictness"]),
      });
  });

  test('where a client says nothing of it, nothing is said', () => {
    const text = { format: { type: 'json_schema', name: 'a', schema: { type: 'object' } } };
    const { body } = translate('openai-responses', 'openai-chat', { input: 'Hello', text });
    expect(body['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'a', schema: { type: 'object' } },
    });
  });
});

test('alternatives that Messages cannot be told are named, and stand in the description', () => {
  const schema = { anyOf: [{ type: 'string' }], oneOf: [{ const: 'a' }, { const: 'b' }], additionalProperties: {} };
  const { body, notCarried } = translate('openai-chat', 'anthropic-messages', {
    messages,
    response_format: { type: 'json_schema', json_schema: { schema } },
  });
  expect(body).toMatchObject({
    output_config: {
      format: {
        schema: { anyOf: [{ type: 'string' }], description: expect.stringContaining('oneOf: [{"const":"a"}') },
      },
    },
  });
  expect(notCarried).toEqual(
    expect.arrayContaining([expect.stringContaining('oneOf'), expect.stringContaining('additionalProperties')]),
  );
});
