import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFirstObject, parseJson } from '#shared/dialects/json-value.ts';
import { readSseData } from '#shared/dialects/sse.ts';

const mebibyte = 1024 * 1024;
const padding = 'p'.repeat(5_000);

describe('JSON of an upstream is counted before it is parsed (F14)', () => {
  test('what is within the bounds is parsed as JSON.parse does, whatever is in its strings', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: fc.constantFrom(...'{}[],:"\\ab\n') }), (value, text) => {
        const written = JSON.stringify({ value, text, padding });
        expect(parseJson(written)).toEqual(JSON.parse(written));
      }),
      { numRuns: 1_000 },
    );
  });

  test('any text is parsed or nothing, never an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[],:"\\ 1') }), (text) => {
        const long = `${padding.replaceAll('p', ' ')}${text}`;
        let expected: unknown;
        try {
          expected = JSON.parse(long);
        } catch {
          expected = undefined;
        }
        expect(parseJson(long)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each<[string, string]>([
    ['levels', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['levels of objects', `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`],
    ['brackets without an end', '['.repeat(15 * mebibyte)],
    ['members', `{${Array.from({ length: 60_000 }, (_, index) => `"${index}":1`).join(',')}}`],
    ['objects', `[${'{},'.repeat(400_000)}{}]`],
    ['lists', `[${'[],'.repeat(400_000)}[]]`],
    ['numbers', `[${'1,'.repeat(400_000)}1]`],
    ['empty strings', `[${'"",'.repeat(400_000)}""]`],
    ['characters', JSON.stringify('x'.repeat(13 * mebibyte))],
  ])('too many %s: not parsed', (_, text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  test.each<[string, unknown]>([
    [
      'a list of five hundred models',
      Array.from({ length: 500 }, (_, id) =>
        Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`member${index}`, String(id)])),
      ),
    ],
    ['an event of 8 MiB', { choices: [{ delta: { content: 'y'.repeat(8 * mebibyte) } }] }],
    [
      'a thousand vectors',
      Array.from({ length: 150 }, () => ({ embedding: Array.from({ length: 1_536 }, (_, index) => index / 7) })),
    ],
    ['brackets in a text', ['[{"a":'.repeat(1_000_000)]],
    ['escapes in a text', ['\\"\n'.repeat(1_000_000)]],
  ])('%s is parsed', (_, value) => {
    expect(parseJson(JSON.stringify(value))).toEqual(value);
  });

  test('the first object of a text ends where it ends, whatever is behind it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (value, behind) => {
        expect(parseFirstObject(`"usage": ${JSON.stringify(value)}${behind}`)).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
    expect(parseFirstObject('no object')).toBeUndefined();
    expect(parseFirstObject(`{"a":"${'}'.repeat(16_000)}`)).toBeUndefined();
    expect(parseFirstObject(`{"a":${'{'.repeat(16_000)}`)).toBeUndefined();
  });
});

describe('an event may have far more lines than any real one (E90)', () => {
  test('of a million, none is read', () => {
    expect(readSseData(Buffer.from('data:\n'.repeat(1_000_000)))).toBe('');
  });

  test('of a thousand, all are', () => {
    expect(readSseData(Buffer.from(`event: e\n${'data: a\n'.repeat(1_000)}\n`))).toBe(
      Array.from({ length: 1_000 }, () => 'a').join('\n'),
    );
  });
});
