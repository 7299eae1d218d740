import { expect, test } from 'vitest';
import { answerForm } from '#shared/dialects/forms/forms.ts';
import { asObject, parseExactJson } from '#shared/dialects/json-value.ts';

const events = [
  ['openai-chat', '{"choices":[{"index":0,"delta":{"content":"x","__proto__":{"isReached":true}}}]}'],
  [
    'openai-chat',
    '{"choices":[{"index":0,"__proto__":{"isReached":true},"delta":{"tool_calls":[{"index":0,"__proto__":{"isReached":true}}]}}]}',
  ],
  [
    'anthropic-messages',
    '{"type":"content_block_start","index":0,"content_block":{"type":"text","__proto__":{"isReached":true}}}',
  ],
] as const;

test.each(events)('an upstream cannot reach the prototype of every object: %s', (dialect, event) => {
  const collector = answerForm(dialect)?.collect();
  collector?.take(asObject(parseExactJson(event)) ?? {});
  expect(collector?.whole()).not.toBeNull();
  const isReached = 'isReached' in {};
  Reflect.deleteProperty(Object.prototype, 'isReached');
  expect(isReached).toBe(false);
});
