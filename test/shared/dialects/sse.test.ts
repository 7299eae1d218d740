import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSseSplitter, readSseData } from '#shared/dialects/sse.ts';
import { cutRandomly } from '../../support/fakes/random-cuts.ts';

const lineEnds = ['\n', '\r\n', '\r'] as const;
const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => value.replace(/[\r\n\0\uFEFF]/g, '-'));
const line = fc.oneof(
  text.map((value) => `data: ${value}`),
  text.map((value) => `data:${value}`),
  fc.constant('data'),
  text.map((value) => `event: ${value}`),
  text.map((value) => `: ${value}`),
);
const stream = fc
  .record({
    end: fc.constantFrom(...lineEnds),
    bom: fc.constantFrom('', '\uFEFF'),
    events: fc.array(fc.array(line, { minLength: 1, maxLength: 4 }), { maxLength: 15 }),
  })
  .map(({ end, bom, events }) => Buffer.from(bom + events.map((lines) => lines.join(end) + end + end).join('')));

function split(pieces: readonly Uint8Array[]) {
  const splitter = createSseSplitter({ maxEventBytes: 1_000_000 });
  const events = pieces.flatMap((piece) => splitter.push(piece)).map((event) => Buffer.from(event));
  return { events, rest: Buffer.from(splitter.rest()) };
}

/** Counts the bytes that are searched through. */
class SearchedBytes extends Uint8Array {
  searched = 0;
  override indexOf(byte: number, from = 0): number {
    const found = super.indexOf(byte, from);
    this.searched += (found === -1 ? this.length : found + 1) - from;
    return found;
  }
}

describe('the splitter', () => {
  test('loses and changes no byte, and cuts where it cuts however the stream came', () => {
    fc.assert(
      fc.property(stream, fc.integer(), (bytes, seed) => {
        const { events, rest } = split(cutRandomly(bytes, seed));
        expect(Buffer.concat([...events, rest]).equals(bytes)).toBe(true);
        const data = (all: readonly Uint8Array[]) => all.map((event) => readSseData(event));
        expect(data(events)).toEqual(data(split([bytes]).events));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    '\n',
    '\r',
    '\r\n',
    'a\r',
    'a\n',
    'a\r\n',
    'a\n'.repeat(20_000) + '\r',
    'a\r'.repeat(20_000) + '\n',
    'data: a\n\n',
    'a\n\n\r',
  ])('searches no byte of a chunk more than once for each kind of line end: %j (F14)', (piece) => {
    const bytes = new SearchedBytes(Buffer.from(piece.repeat(Math.ceil(60_000 / piece.length))));
    createSseSplitter({ maxEventBytes: 1_000_000 }).push(bytes);
    expect(bytes.searched).toBeLessThanOrEqual(2 * bytes.length);
  });

  test('reads the same events as a parser of its own kind', () => {
    fc.assert(
      fc.property(stream, fc.integer(), (bytes, seed) => {
        const expected: string[] = [];
        const parser = createParser({ onEvent: (event) => expected.push(event.data) });
        parser.feed(bytes.toString('utf8'));
        const found = split(cutRandomly(bytes, seed)).events.map((event) => readSseData(event));
        expect(found.filter((data) => data !== '')).toEqual(expected.filter((data) => data !== ''));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(lineEnds)('hands an event out with the last byte of its blank line (%j), not later', (end) => {
    const event = Buffer.from(`data: 1${end}${end}`);
    const splitter = createSseSplitter({ maxEventBytes: 100 });
    for (const byte of event.subarray(0, event.length - (end === '\r\n' ? 2 : 1)))
      expect(splitter.push(Uint8Array.of(byte))).toEqual([]);
    expect(splitter.push(event.subarray(event.length - (end === '\r\n' ? 2 : 1)))).toHaveLength(1);
    expect(splitter.rest()).toHaveLength(0);
  });

  test('an event in one chunk is handed out without a copy, one over several in a buffer of its own', () => {
    const splitter = createSseSplitter({ maxEventBytes: 100 });
    const chunk = Buffer.from('data: 1\n\ndata: 2');
    const [whole] = splitter.push(chunk);
    expect(whole?.buffer).toBe(chunk.buffer);
    const [gathered] = splitter.push(Buffer.from('2\n\n'));
    expect(Buffer.from(gathered ?? []).toString()).toBe('data: 22\n\n');
    expect(gathered?.buffer).not.toBe(chunk.buffer);
  });

  test('beyond its limit it hands out all it holds and then every chunk as it comes', () => {
    const splitter = createSseSplitter({ maxEventBytes: 10 });
    expect(splitter.push(Buffer.from('data: 1234'))).toEqual([]);
    expect(Buffer.concat(splitter.push(Buffer.from('5'))).toString()).toBe('data: 12345');
    expect(splitter.isOverflowing).toBe(true);
    expect(Buffer.concat(splitter.push(Buffer.from('\n\nx'))).toString()).toBe('\n\nx');
  });

  test('a megabyte that comes byte by byte is gathered once, not copied at every byte (E90)', () => {
    const splitter = createSseSplitter({ maxEventBytes: 2_000_000 });
    const bytes = Buffer.from(`data: ${'a'.repeat(1_000_000)}\n\n`);
    let events = 0;
    for (let index = 0; index < bytes.length; index += 1)
      events += splitter.push(bytes.subarray(index, index + 1)).length;
    expect(events).toBe(1);
  });
});
