import { describe, expect, test } from 'vitest';
import { answerForm } from '#shared/dialects/forms/forms.ts';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import type { AnswerReader } from '#shared/translate/answer.ts';
import { createChatAnswerReader } from '#shared/translate/chat/read-answer.ts';
import { createMessagesAnswerReader } from '#shared/translate/messages/read-answer.ts';
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

const read = (reader: AnswerReader, events: readonly JsonObject[]) =>
  wholeAnswer([...events.flatMap((event) => reader.event(event)), ...reader.end()]).blocks;
const text = (words: string) => ({ kind: 'text', text: words });

describe('an upstream of Messages', () => {
  const toolUse = (index: number, block: JsonObject, ...pieces: string[]): JsonObject[] => [
    { type: 'content_block_start', index, content_block: { type: 'tool_use', name: 'f', ...block } },
    ...pieces.map((partial_json) => ({
      type: 'content_block_delta',
      index,
      delta: { type: 'input_json_delta', partial_json },
    })),
    { type: 'content_block_stop', index },
  ];

  test('that gives a call its arguments twice has them read once', () => {
    const twice = toolUse(0, { id: 'a', input: { x: 1 } }, '{"x"', ':1}');
    expect(read(createMessagesAnswerReader(), twice)).toEqual([call('a', 'f', '{"x":1}')]);
  });

  test('that does not say that blocks end has its calls ended with the message, and once', () => {
    const [started = {}, piece = {}] = toolUse(1, { id: 'b' }, '{"y":2}');
    const events = [
      ...toolUse(0, { id: 'a', input: { x: 1 } }).slice(0, 1),
      started,
      piece,
      ...toolUse(2, { id: 'c' }),
    ];
    const reader = createMessagesAnswerReader();
    const answer = [...events, { type: 'message_stop' }].flatMap((event) => reader.event(event));
    expect(wholeAnswer(answer).blocks).toEqual([
      call('a', 'f', '{"x":1}'),
      call('b', 'f', '{"y":2}'),
      call('c', 'f', '{}'),
    ]);
    const ends = answer.flatMap((event) => (event.kind === 'call-end' ? [event.index] : []));
    expect(ends).toEqual([2, 0, 1]);
  });

  test.each([['no numbers'], [0]])('that gives its blocks %s has each read', (given) => {
    const thought = { type: 'thinking', thinking: 'Hm', signature: 's' };
    const events = [
      { type: 'content_block_start', index: 0, content_block: thought },
      { type: 'content_block_stop', index: 0 },
      ...toolUse(0, { id: 'a' }, '{"x"', ':1}'),
      ...toolUse(0, { id: 'b' }, '{"y":2}'),
    ].map((event) => ({ ...event, index: given === 0 ? 0 : undefined }));
    const calls = [call('a', 'f', '{"x":1}'), call('b', 'f', '{"y":2}')];
    expect(read(createMessagesAnswerReader(), events)).toEqual([{ kind: 'reasoning', text: 'Hm' }, ...calls]);
    const writer = findTranslation('openai-chat', 'anthropic-messages')?.stream(context);
    const chunks = events.map((event) => writer?.event(event)).join('');
    expect(chunks).toMatch(/"index":1,"id":"b"/);
    const form = answerForm('anthropic-messages')?.collect();
    const start = { type: 'message_start', message: { type: 'message', content: [] } };
    for (const event of [start, ...events, { type: 'message_stop' }]) form?.take(event);
    expect(form?.whole()).toMatchObject({ content: [thought, { input: { x: 1 } }, { input: { y: 2 } }] });
  });

  test('that gives calls no ids has some made, another in each answer', () => {
    const idsIn = (id: string) =>
      read(createMessagesAnswerReader(), [
        { type: 'message_start', message: { id } },
        ...toolUse(0, {}),
        ...toolUse(1, { id: '' }),
      ]).flatMap((block) => (block.kind === 'call' ? [block.id] : []));
    const ids = [...idsIn('msg_1'), ...idsIn('msg_2')];
    expect(new Set(ids).size).toBe(4);
    expect(ids.every((id) => /^[\w-]+$/.test(id))).toBe(true);
  });
});

describe('an upstream of Responses', () => {
  const message = { type: 'message', id: 'msg_1', content: [{ type: 'output_text', text: 'Hello' }] };
  const callItem = (id: string) => ({
    type: 'function_call',
    id: `fc_${id}`,
    call_id: `call_${id}`,
    name: 'f',
    arguments: `{"x":"${id}"}`,
  });
  const items = [message, callItem('a'), callItem('b')];
  const expected = [text('Hello'), call('call_a', 'f', '{"x":"a"}'), call('call_b', 'f', '{"x":"b"}')];
  const added = (item: JsonObject) => ({
    type: 'response.output_item.added',
    item: { ...item, content: [], arguments: '' },
  });
  const done = (item: JsonObject) => ({ type: 'response.output_item.done', item });
  const completed = { type: 'response.completed', response: { status: 'completed', output: items } };
  const pieces = (item_id: string, type: string, ...deltas: string[]) =>
    deltas.map((delta) => ({ type: `response.${type}.delta`, item_id, delta }));
  const arguments_ = 'function_call_arguments';
  const without = (item: JsonObject, name: string): JsonObject => ({ ...item, [name]: undefined });
  const bare = (type: string, ...deltas: string[]): JsonObject[] =>
    pieces('', type, ...deltas).map((piece) => without(piece, 'item_id'));

  test.each<[string, JsonObject[]]>([
    [
      'gives items no numbers, as llama.cpp',
      [
        added(message),
        ...pieces('msg_1', 'output_text', 'Hel', 'lo'),
        added(callItem('a')),
        ...pieces('fc_a', arguments_, '{"x":', '"a"}'),
        added(callItem('b')),
        ...pieces('fc_b', arguments_, '{"x":', '"b"}'),
        ...items.map(done),
        completed,
      ],
    ],
    ['says only how items end', [...items.map(done), completed]],
    [
      'says only how items end, and sends pieces before',
      [
        ...pieces('msg_1', 'output_text', 'Hel', 'lo'),
        ...pieces('fc_a', arguments_, '{"x":', '"a"}'),
        ...items.map(done),
        completed,
      ],
    ],
    ['sends all at once', [completed]],
    [
      'gives calls no ids but their own, and messages none',
      [
        added(without(message, 'id')),
        ...bare('output_text', 'Hel', 'lo'),
        done(without(message, 'id')),
        added(without(callItem('a'), 'id')),
        ...bare(arguments_, '{"x":', '"a"}'),
        done(without(callItem('a'), 'id')),
        added(without(callItem('b'), 'id')),
        ...bare(arguments_, '{"x":', '"b"}'),
        done(without(callItem('b'), 'id')),
        completed,
      ],
    ],
    [
      'gives a message no id, and does not say that calls begin',
      [
        ...bare('output_text', 'Hel', 'lo'),
        done(without(message, 'id')),
        done(without(callItem('a'), 'id')),
        done(without(callItem('b'), 'id')),
        completed,
      ],
    ],
    [
      'gives all items the same number',
      [
        added(message),
        ...pieces('msg_1', 'output_text', 'Hel', 'lo'),
        done(message),
        added(callItem('a')),
        added(callItem('b')),
        ...pieces('fc_b', arguments_, '{"x":'),
        ...pieces('fc_a', arguments_, '{"x":', '"a"}'),
        ...pieces('fc_b', arguments_, '"b"}'),
        done(callItem('b')),
        done(callItem('a')),
        completed,
      ].map((event) => ({ output_index: 0, ...event })),
    ],
    [
      'gives all items the same number and only calls an id',
      [
        added(without(message, 'id')),
        ...bare('output_text', 'Hel', 'lo'),
        ...['a', 'b'].flatMap((name) => [
          added(without(callItem(name), 'id')),
          ...bare(arguments_, '{"x":', `"${name}"}`),
          done(without(callItem(name), 'id')),
        ]),
        completed,
      ].map((event) => ({ output_index: 0, ...event })),
    ],
    [
      'gives an item another id in each event',
      [
        { output_index: 0, ...added(message) },
        ...pieces('msg_2', 'output_text', 'Hel', 'lo').map((event) => ({ output_index: 0, ...event })),
        { output_index: 0, ...done({ ...message, id: 'msg_3' }) },
        ...['a', 'b'].flatMap((name, index) =>
          [
            added(callItem(name)),
            ...pieces('fc_1', arguments_, '{"x":', `"${name}"}`),
            done({ ...callItem(name), id: 'fc_2' }),
          ].map((event) => ({ output_index: index + 1, ...event })),
        ),
        completed,
      ],
    ],
    [
      'does not say that items end',
      [
        added(message),
        ...pieces('msg_1', 'output_text', 'Hello'),
        added(callItem('a')),
        added(callItem('b')),
        ...pieces('fc_b', arguments_, '{"x":"b"}'),
        completed,
      ],
    ],
  ])('that %s', (_name, events) => {
    expect(read(createResponsesAnswerReader(), events)).toEqual(expected);
    const writer = findTranslation('openai-chat', 'openai-responses')?.stream(context);
    const chunks = events.map((event) => writer?.event(event)).join('');
    expect(chunks.indexOf('"name":"f"')).toBeLessThan(chunks.indexOf('\\"x\\"'));
  });

  test('that gives items no numbers has its stream put together', () => {
    const form = answerForm('openai-responses')?.collect();
    for (const event of [...items.map(done), { ...completed, response: { status: 'completed' } }]) form?.take(event);
    expect(form?.whole()).toMatchObject({ output: items });
  });
});

test('a whole message behind the pieces of it is nothing new', () => {
  const chunk = (choice: JsonObject) => ({ id: 'c', choices: [choice] });
  const events = [
    chunk({ delta: { content: 'Hel' } }),
    chunk({ delta: { content: 'lo' } }),
    chunk({ message: { content: 'Hello' }, finish_reason: 'stop' }),
  ];
  expect(read(createChatAnswerReader('m'), events)).toEqual([text('Hello')]);
});
