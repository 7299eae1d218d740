import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import { createByteMeter } from '#shared/dialects/measure-bytes.ts';
import { sizeOfReply, utf8Length } from '#shared/dialects/output-size.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import type { Dialect } from '#shared/domain/dialect.ts';

const said = 'Twelve words.';
const bytes = utf8Length(said);

function streamed(dialect: Dialect, events: readonly JsonObject[]): number {
  const meter = dialectReaders[dialect].createMeter();
  return events.reduce((sum, event) => sum + meter.take(event), 0);
}

const delta = (piece: JsonObject) => ({ choices: [{ index: 0, delta: piece }] });
const item = (type: string, more: JsonObject) => ({ type: `response.${type}`, output_index: 0, ...more });
const block = (piece: JsonObject) => ({ type: 'content_block_delta', index: 0, delta: piece });

describe('what no schema has', () => {
  test.each<[string, Dialect, JsonObject]>([
    ['reasoning of other servers', 'openai-chat', delta({ reasoning_content: said })],
    ['reasoning under another name', 'openai-chat', delta({ reasoning: said })],
    [
      'thoughts in parts',
      'openai-chat',
      delta({ reasoning_details: [{ type: 'reasoning.text', text: said, id: 'r-1' }] }),
    ],
    ['content as a list of parts', 'openai-chat', delta({ content: [{ type: 'text', text: said }] })],
    [
      'thinking in the content',
      'openai-chat',
      delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: said }] }] }),
    ],
    [
      'arguments as an object',
      'openai-chat',
      delta({ tool_calls: [{ function: { arguments: { Twelve: ' words.' } } }] }),
    ],
    ['input of a custom tool', 'openai-chat', delta({ tool_calls: [{ type: 'custom', custom: { input: said } }] })],
    ['an unknown member', 'openai-chat', delta({ musings: { deep: [{ deeper: said }] } })],
    ['a message in place of a delta', 'openai-chat', { choices: [{ message: { role: 'assistant', content: said } }] }],
    ['text in place of a delta', 'openai-chat', { choices: [{ text: said }] }],
    [
      'the second of two choices',
      'openai-chat',
      {
        choices: [
          { index: 0, delta: {} },
          { index: 1, delta: { content: said } },
        ],
      },
    ],
    ['an answer without choices', 'openai-chat', { message: { role: 'assistant', content: said }, done: false }],
    ['an unknown event', 'openai-responses', item('musing.delta', { delta: said })],
    ['an unknown event that is no piece', 'openai-responses', item('musing', { words: [said] })],
    [
      'an unknown block',
      'anthropic-messages',
      { type: 'content_block_start', index: 0, content_block: { type: 'musing', words: said } },
    ],
    ['an unknown piece', 'anthropic-messages', block({ type: 'musing_delta', musing: said })],
    ['an unknown event of Messages', 'anthropic-messages', { type: 'musing', words: said }],
  ])('%s is output (%s)', (_name, dialect, event) => {
    expect(streamed(dialect, [event])).toBe(bytes);
    // Said again, it is said twice.
    if (!('choices' in event) || JSON.stringify(event).includes('delta'))
      expect(streamed(dialect, [event, event])).toBe(2 * bytes);
  });
});

describe('what is said twice counts once', () => {
  test('chat: one thought under three names', () => {
    const piece = delta({ reasoning: said, reasoning_content: said, reasoning_details: [{ text: said }] });
    expect(streamed('openai-chat', [piece, piece])).toBe(2 * bytes);
  });

  test('chat: the whole message behind its pieces', () => {
    const pieces = [...said].map((content) => delta({ content }));
    expect(streamed('openai-chat', [...pieces, { choices: [{ index: 0, message: { content: said } }] }])).toBe(bytes);
  });

  const text = (part: number, content: string) => item('output_text.delta', { content_index: part, delta: content });
  const partDone = (part: number) => item('output_text.done', { content_index: part, text: said });
  const wholeItem = { type: 'message', content: [said, said].map((whole) => ({ type: 'output_text', text: whole })) };
  const itemDone = item('output_item.done', { item: wholeItem });
  const completed = { type: 'response.completed', response: { output: [wholeItem] } };

  test.each<[string, JsonObject[]]>([
    ['pieces alone', [...said, ...said].map((piece) => text(0, piece))],
    ['pieces of one part, the other whole', [...[...said].map((piece) => text(0, piece)), partDone(0), partDone(1)]],
    ['parts, then their item', [partDone(0), partDone(1), itemDone]],
    ['the item alone', [itemDone]],
    ['the response alone', [completed]],
    [
      'all of them',
      [
        ...[...said].map((piece) => text(0, piece)),
        partDone(0),
        ...[...said].map((piece) => text(1, piece)),
        partDone(1),
        itemDone,
        completed,
      ],
    ],
    ['all but the first pieces', [partDone(0), text(1, 'Twelve'), partDone(1), itemDone, completed]],
    [
      'items without numbers, each whole behind its piece',
      ['a', 'b'].flatMap((id) => [
        { type: 'response.output_text.delta', item_id: id, delta: 'Twelve' },
        { type: 'response.output_item.done', item: { ...wholeItem, id, content: wholeItem.content.slice(1) } },
      ]),
    ],
    [
      'items of one number, each whole behind its piece',
      ['a', 'b'].flatMap((id) => [
        item('output_item.added', { item: { id } }),
        item('output_text.delta', { item_id: id, delta: 'Twelve' }),
        item('output_item.done', { item: { ...wholeItem, id, content: wholeItem.content.slice(1) } }),
      ]),
    ],
  ])('responses: %s', (_name, events) => {
    expect(streamed('openai-responses', events)).toBe(2 * bytes);
  });

  test('messages: a seal is of its own block, also where all have one number', () => {
    const begun = { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } };
    const thought = [begun, block({ type: 'signature_delta', signature: said })];
    expect(streamed('anthropic-messages', [...thought, ...thought])).toBe(2 * bytes);
  });

  test('messages: a thought and its seal are the larger of the two', () => {
    const seal = block({ type: 'signature_delta', signature: 's'.repeat(20) });
    expect(streamed('anthropic-messages', [block({ type: 'thinking_delta', thinking: said }), seal])).toBe(20);
    expect(streamed('anthropic-messages', [block({ type: 'thinking_delta', thinking: said.repeat(9) }), seal])).toBe(
      9 * bytes,
    );
  });
});

test('sound and pictures count as little as they do in a request: a token for 500 bytes', () => {
  const data = 'A'.repeat(50_000);
  const tokens = 100;
  const url = `data:image/png;base64,${data}`;
  expect(streamed('openai-chat', [delta({ audio: { data } })]) / 4).toBe(tokens);
  expect(streamed('openai-chat', [delta({ images: [{ image_url: { url } }] })]) / 4).toBeCloseTo(tokens, 0);
  expect(streamed('openai-responses', [item('audio.delta', { delta: data })]) / 4).toBe(tokens);
  expect(
    streamed('openai-responses', [item('image_generation_call.partial_image', { partial_image_b64: data })]) / 4,
  ).toBe(tokens);
  expect(streamed('openai-passthrough', [{ type: 'speech.audio.delta', audio: data }]) / 4).toBe(tokens);
  expect(
    streamed('openai-passthrough', [
      { type: 'transcript.text.delta', delta: said },
      { type: 'transcript.text.done', text: said },
    ]),
  ).toBe(bytes);
});

const anything = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.oneof(
      fc.constantFrom(
        'text',
        'content',
        'message',
        'arguments',
        'input',
        'id',
        'type',
        'logprobs',
        'audio',
        'data',
        'url',
        'b64_json',
        'output',
        'choices',
        'usage',
      ),
      fc.string({ maxLength: 5 }).filter((name) => name !== '__proto__'),
    ),
    tie('value'),
    { maxKeys: 5 },
  ),
}));

test.each(['openai-chat', 'openai-responses', 'anthropic-messages'] as const)(
  'a reply measured from its bytes, however they are cut and escaped, is measured like its JSON (%s)',
  (dialect) => {
    const { shape } = dialectReaders[dialect];
    const root = [...shape.roots][0] ?? '';
    fc.assert(
      fc.property(
        anything.object,
        anything.value,
        fc.array(fc.nat(60)),
        fc.boolean(),
        (rest, output, cuts, isEscaped) => {
          const reply = { ...rest, [root]: output, model: 'm' };
          const json = JSON.stringify(reply);
          const text = isEscaped
            ? json.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
            : json;
          const buffer = Buffer.from(text);
          const meter = createByteMeter(shape);
          let start = 0;
          for (const cut of cuts) {
            meter.push(buffer.subarray(start, start + cut));
            start += cut;
          }
          meter.push(buffer.subarray(start));
          expect(meter.size).toBeCloseTo(sizeOfReply(JSON.parse(text) as JsonObject, shape), 6);
          expect(meter.hasRoot).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  },
);

test('a reply that breaks off counts as far as it came, in the middle of a text too', () => {
  const meter = createByteMeter(dialectReaders['openai-chat'].shape);
  meter.push(Buffer.from('{"id":"chatcmpl-1","choices":[{"message":{"role":"assistant","content":"Half an ans'));
  expect(meter.size).toBe('Half an ans'.length);
});

test('brackets without an end cost no memory and hide nothing before them', () => {
  const meter = createByteMeter(dialectReaders['openai-chat'].shape);
  meter.push(Buffer.from('{"choices":["said",'));
  for (let count = 0; count < 200; count += 1) meter.push(Buffer.alloc(65_536, '[{"a":'));
  expect(meter.size).toBeGreaterThanOrEqual('said'.length);
});

test('a reply nested deeper than any stack is measured', () => {
  const depth = 100_000;
  const json = `{"choices":[${'['.repeat(depth)}"${said}"${']'.repeat(depth)}]}`;
  expect(sizeOfReply(JSON.parse(json) as JsonObject, dialectReaders['openai-chat'].shape)).toBe(bytes);
});
