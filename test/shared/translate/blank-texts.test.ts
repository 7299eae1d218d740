import { expect, test } from 'vitest';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import { findTranslation } from '#shared/translate/translations.ts';

function toMessages(messages: object[]): JsonObject {
  const translation = findTranslation('openai-chat', 'anthropic-messages');
  if (!translation) throw new Error('no such pair');
  return translation.request({ model: 'm', messages }).body;
}

const call = { id: 'a', type: 'function', function: { name: 'read', arguments: '{}' } };

test('Messages gets no text of nothing but spaces, wherever a client sends one', () => {
  const body = toMessages([
    { role: 'system', content: [{ type: 'text', text: '\n' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: ' Read it. ' },
        { type: 'text', text: ' ' },
      ],
    },
    { role: 'assistant', content: '\n\n', tool_calls: [call] },
    { role: 'tool', tool_call_id: 'a', content: ' \n' },
    { role: 'assistant', content: null, refusal: ' ' },
    { role: 'user', content: 'And?' },
  ]);
  expect(body['system']).toBeUndefined();
  expect(body['messages']).toEqual([
    { role: 'user', content: [{ type: 'text', text: ' Read it. ' }] },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'read', input: {} }] },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'a', content: [] },
        { type: 'text', text: 'And?' },
      ],
    },
  ]);
});

test('a conversation of nothing but instructions begins with the user, who must have said something', () => {
  const messages = [{ role: 'system', content: 'Tell a joke.' }];
  expect(toMessages(messages)).toMatchObject({
    system: [{ type: 'text', text: 'Tell a joke.' }],
    messages: [{ role: 'user', content: [{ type: 'text' }] }],
  });
  const toGemini = findTranslation('openai-chat', 'gemini')?.request({ model: 'm', messages });
  expect(toGemini?.body).toMatchObject({
    systemInstruction: { parts: [{ text: 'Tell a joke.' }] },
    contents: [{ role: 'user', parts: [{ text: expect.any(String) }] }],
  });
});
