import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import type { AnswerBlock, AnswerEvent } from '#shared/translate/answer.ts';
import { createChatAnswerReader } from '#shared/translate/chat/read-answer.ts';
import { sameToolNames } from '#shared/translate/translation.ts';
import { withOriginalNames } from '#shared/translate/tool-names.ts';
import { wholeAnswer } from '#shared/translate/whole-answer.ts';

const wholeChunk = (delta: JsonObject, finish_reason: string | null = null): JsonObject => ({
  id: 'c',
  choices: [{ index: 0, delta, finish_reason }],
});

function streamed(chunks: readonly JsonObject[]): AnswerEvent[] {
  const reader = withOriginalNames(createChatAnswerReader('m'), sameToolNames);
  return [...chunks.flatMap((chunk) => reader.event(chunk)), ...reader.end()];
}

const blocksOf = (chunks: readonly JsonObject[]): AnswerBlock[] => wholeAnswer(streamed(chunks)).blocks;
const stopOf = (chunks: readonly JsonObject[]) => wholeAnswer(streamed(chunks)).ending.stop;

/**
 * The ways in which servers say "a thought, then an answer". Each is a message of a whole reply, and a delta of a
 * stream.
 */
const texts: [string, JsonObject][] = [
  ['OpenAI, DeepSeek', { reasoning_content: 'Hm.', content: '4' }],
  ['OpenRouter', { reasoning: 'Hm.', reasoning_details: [{ type: 'reasoning.text', text: 'Hm.' }], content: '4' }],
  ['OpenRouter, details alone', { reasoning_details: [{ type: 'reasoning.summary', summary: 'Hm.' }], content: '4' }],
  [
    'Mistral',
    {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }], closed: true },
        { type: 'text', text: '4' },
      ],
    },
  ],
  [
    'a list with a plain thought',
    {
      content: [
        { type: 'thinking', thinking: 'Hm.' },
        { type: 'text', text: '4' },
      ],
    },
  ],
  [
    'a list of reasoning',
    {
      content: [
        { type: 'reasoning', text: 'Hm.' },
        { type: 'output_text', text: '4' },
      ],
    },
  ],
  ['a list of strings', { reasoning_content: 'Hm.', content: ['4'] }],
  ['one part without a list', { reasoning: { text: 'Hm.' }, content: { type: 'text', text: '4' } }],
  ['thinking beside it', { thinking: 'Hm.', content: '4' }],
];
const thoughtAndAnswer = [
  { kind: 'reasoning', text: 'Hm.' },
  { kind: 'text', text: '4' },
];

describe.each(texts)('text as %s has it', (_server, message) => {
  test('whole', () => expect(blocksOf([{ choices: [{ message, finish_reason: 'stop' }] }])).toEqual(thoughtAndAnswer));
  test('streamed', () => expect(blocksOf([wholeChunk(message), wholeChunk({}, 'stop')])).toEqual(thoughtAndAnswer));
  test('streamed as messages', () =>
    expect(blocksOf([{ choices: [{ message, finish_reason: 'stop' }] }])).toEqual(thoughtAndAnswer));
});

const call = (index: number | null, id: string | null, name: string | null, text: unknown): JsonObject => ({
  ...(index === null ? {} : { index }),
  ...(id === null ? {} : { id }),
  type: 'function',
  function: { ...(name === null ? {} : { name }), ...(text === undefined ? {} : { arguments: text }) },
});
const calls = (...list: JsonObject[]): JsonObject => wholeChunk({ tool_calls: list });
const two = [
  ['a', '{"p":1}'],
  ['b', '{"p":2}'],
];

/** Two calls, `a` and `b`, as servers stream them. */
const callStreams: [string, JsonObject[]][] = [
  [
    'OpenAI',
    [
      calls(call(0, 'x', 'a', '')),
      calls(call(0, null, null, '{"p":1}')),
      calls(call(1, 'y', 'b', '')),
      calls(call(1, null, null, '{"p":2}')),
    ],
  ],
  [
    'interleaved',
    [
      calls(call(0, 'x', 'a', '{"p"')),
      calls(call(1, 'y', 'b', '{"p"')),
      calls(call(0, null, null, ':1}')),
      calls(call(1, null, null, ':2}')),
    ],
  ],
  ['in one chunk', [calls(call(0, 'x', 'a', '{"p":1}'), call(1, 'y', 'b', '{"p":2}'))]],
  ['in one chunk, without an index', [calls(call(null, 'x', 'a', '{"p":1}'), call(null, 'y', 'b', '{"p":2}'))]],
  ['all at index 0', [calls(call(0, 'x', 'a', '{"p":1}')), calls(call(0, 'y', 'b', '{"p":2}'))]],
  ['at index 0 without ids', [calls(call(0, null, 'a', '{"p":1}')), calls(call(0, null, 'b', '{"p":2}'))]],
  ['at index 0 with empty ids', [calls(call(0, '', 'a', '{"p":1}')), calls(call(0, '', 'b', '{"p":2}'))]],
  [
    'with the name in every piece',
    [
      calls(call(0, 'x', 'a', '{"p"')),
      calls(call(0, 'x', 'a', ':1}')),
      calls(call(1, 'y', 'b', '{"p"')),
      calls(call(1, 'y', 'b', ':2}')),
    ],
  ],
  [
    'with the name again at the end',
    [calls(call(0, 'x', 'a', '{"p":1}')), calls(call(0, null, 'a', '')), calls(call(1, 'y', 'b', '{"p":2}'))],
  ],
  ['with objects for arguments', [calls(call(0, 'x', 'a', { p: 1 })), calls(call(1, 'y', 'b', { p: 2 }))]],
  [
    'with arguments before the name',
    [calls(call(0, 'x', null, '{"p":1}')), calls(call(0, null, 'a', '')), calls(call(1, 'y', 'b', '{"p":2}'))],
  ],
];

test.each(callStreams)('two calls %s', (_server, chunks) => {
  const found = blocksOf([...chunks, wholeChunk({}, 'tool_calls')]).flatMap((block) =>
    block.kind === 'call' ? [block] : [],
  );
  expect(found.map(({ name, arguments: text }) => [name, text])).toEqual(two);
  expect(new Set(found.map(({ id }) => id)).size).toBe(2);
  expect(found.every(({ id }) => id !== '')).toBe(true);
});

test('one call as the older functions have it', () => {
  const chunks = [
    wholeChunk({ function_call: { name: 'a', arguments: '{"p"' } }),
    wholeChunk({ function_call: { arguments: ':1}' } }),
    wholeChunk({}, 'function_call'),
  ];
  expect(blocksOf(chunks)).toMatchObject([{ kind: 'call', name: 'a', arguments: '{"p":1}' }]);
});

test('the same call twice, without ids, is two calls', () => {
  const again = calls(call(0, null, 'a', '{"p":1}'));
  expect(blocksOf([again, again])).toHaveLength(2);
});

test('arguments cut anywhere are the same call', () => {
  fc.assert(
    fc.property(fc.json(), fc.array(fc.nat(), { maxLength: 5 }), fc.boolean(), (json, cuts, repeatsName) => {
      const text = JSON.stringify({ p: JSON.parse(json) });
      const at = [...new Set(cuts.map((cut) => cut % text.length))].sort((a, b) => a - b);
      const pieces = [0, ...at].map((start, index) => text.slice(start, at[index] ?? text.length));
      const chunks = pieces.map((piece, index) => calls(call(0, null, index === 0 || repeatsName ? 'a' : null, piece)));
      expect(blocksOf(chunks).flatMap((block) => (block.kind === 'call' ? [block.arguments] : []))).toEqual([text]);
    }),
  );
});

describe('why an answer stops is read off the whole of it', () => {
  const text = wholeChunk({ content: 'Done.' });
  const oneCall = calls(call(0, 'x', 'a', '{}'));
  test.each<[string, JsonObject[], string]>([
    ['"tool_calls" without a call', [text, calls(), wholeChunk({}, 'tool_calls')], 'end'],
    ['"stop" with a call', [oneCall, wholeChunk({}, 'stop')], 'tools'],
    ['"stop" with a call and text behind it', [oneCall, text, wholeChunk({}, 'stop')], 'tools'],
    ['"length" with a call', [oneCall, wholeChunk({}, 'length')], 'length'],
    ['no reason at all', [text], 'end'],
  ])('%s', (_name, chunks, stop) => expect(stopOf(chunks)).toBe(stop));
});
