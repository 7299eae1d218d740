import { expect, test } from 'vitest';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { createChatAnswerReader } from '#shared/translate/chat/read-answer.ts';
import { createResponsesAnswerReader } from '#shared/translate/responses/read-answer.ts';
import { sameToolNames } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { wholeAnswer } from '#shared/translate/whole-answer.ts';

const context = { request: {}, requestId: 'r', createdSeconds: 0, tools: sameToolNames };

function callsIn(pieces: readonly JsonObject[]) {
  const reader = createChatAnswerReader('m');
  const events = pieces.flatMap((piece) => reader.event({ id: 'c', choices: [{ delta: { tool_calls: [piece] } }] }));
  return wholeAnswer([...events, ...reader.end()]).blocks;
}
const call = (id: string, name: string, text: string) => ({ kind: 'call', id, name, arguments: text, isCustom: false });

test('a new id under a known index, or under none, is a new call', () => {
  const expected = [call('a', 'f', '{"x":1}'), call('b', 'f', '{"y":2}')];
  const piece = (id: string, text: string): JsonObject => ({
    id,
    type: 'function',
    function: { name: 'f', arguments: text },
  });
  expect(
    callsIn([
      { index: 0, ...piece('a', '{"x":1}') },
      { index: 0, ...piece('b', '{"y":2}') },
    ]),
  ).toEqual(expected);
  expect(callsIn([piece('a', '{"x":1}'), piece('b', '{"y":2}')])).toEqual(expected);
});

test('what comes before the name is kept, and so is the id', () => {
  const pieces = [
    { index: 0, id: 'a', function: { arguments: '{"x"' } },
    { index: 0, function: { name: 'f', arguments: ':1}' } },
  ];
  expect(callsIn(pieces)).toEqual([call('a', 'f', '{"x":1}')]);
});

const everyObjectHas = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'];
const chatUpstream: readonly [string, Dialect, (reason: string) => JsonObject][] = [
  [
    'chat',
    'openai-chat',
    (reason) => ({ choices: [{ message: { role: 'assistant', content: 'Hi' }, finish_reason: reason }] }),
  ],
  [
    'Messages',
    'anthropic-messages',
    (reason) => ({ type: 'message', content: [{ type: 'text', text: 'Hi' }], stop_reason: reason }),
  ],
  ['Gemini', 'gemini', (reason) => ({ candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: reason }] })],
];

test.each(chatUpstream)(
  'an unknown reason of %s stays a reason, also one that every object has',
  (_name, to, reply) => {
    const from = to === 'openai-chat' ? 'anthropic-messages' : 'openai-chat';
    for (const reason of everyObjectHas) {
      const unknown = findTranslation(from, to)?.reply(reply('brand_new'), context).body;
      expect(unknown).toBeDefined();
      expect(JSON.stringify(findTranslation(from, to)?.reply(reply(reason), context).body)).toBe(
        JSON.stringify(unknown),
      );
    }
  },
);

test('the summaries of one thought stay apart where a thought is one text', () => {
  const texts = ['**First**', '**Second**'];
  const item = { type: 'reasoning', id: 'rs', summary: texts.map((text) => ({ type: 'summary_text', text })) };
  const pieces = texts.flatMap((delta, summary_index) => [
    { type: 'response.reasoning_summary_part.added', output_index: 0, summary_index },
    { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index, delta },
  ]);
  const said = { type: 'response.output_item.done', output_index: 0, item };
  const end = { type: 'response.completed', response: { status: 'completed' } };
  for (const events of [
    [...pieces, said, end],
    [said, end],
  ]) {
    const reader = createResponsesAnswerReader();
    const answer = wholeAnswer(events.flatMap((event) => reader.event(event)));
    expect(answer.blocks).toEqual([{ kind: 'reasoning', text: '**First**\n\n**Second**' }]);
  }
});
