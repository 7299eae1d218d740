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
