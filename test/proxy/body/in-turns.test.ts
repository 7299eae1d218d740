import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memberNames } from '#proxy/body/member-names.ts';
import { parseInTurns } from '#proxy/body/parse-in-turns.ts';
import { readFactsInTurns } from '#proxy/request/read-call.ts';
import { startScan } from '#proxy/body/scan-json.ts';
import { inTurns, joinInTurns, nextTurn, workPerTurn } from '#proxy/turns/in-turns.ts';
import { writeInTurns } from '#proxy/body/write-in-turns.ts';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import { CorvusError } from '#shared/errors.ts';
import { hostileBodies } from '../../support/fakes/hostile-bodies.ts';
import { turnsDuring } from '../../support/turns.ts';

const mebibyte = 1024 * 1024;
const bodyBytes = 2 * mebibyte;

describe('the work of a scan is in proportion to the bytes, whatever they are, and comes in small steps (A20, F01)', () => {
  test.each(Object.entries(hostileBodies))('%s', (_, make) => {
    const body = make(bodyBytes);
    const { walk } = startScan(body, memberNames(['model']));
    const budget = 50_000;
    let largest = 0;
    let steps = 0;
    let refusal = '';
    for (let isOver = false; !isOver;) {
      const before = walk.work;
      try {
        isOver = walk.step(budget);
      } catch (error) {
        if (!(error instanceof CorvusError)) throw error;
        refusal = error.code;
        isOver = true;
      }
      steps += 1;
      largest = Math.max(largest, walk.work - before);
    }
    expect(['', 'invalid_json', 'json_too_complex']).toContain(refusal);
    // One leap over the rest of the body is the most that a step can exceed its budget by.
    expect(largest).toBeLessThan(budget + body.length / 32 + 1_000);
    // The limits on what is dear bound the rest: tokens cost fifty times what a byte does, and there are at most so
    // many.
    expect(walk.work).toBeLessThan(body.length * 1.1 + 50_000_000);
    expect(steps).toBeLessThan(1 + walk.work / budget + 1);
  });

  test('twice the bytes are at most about twice the work', () => {
    for (const [kind, make] of Object.entries(hostileBodies)) {
      const [once = 0, twice = 0] = [mebibyte, 2 * mebibyte].map((bytes) => {
        const { walk } = startScan(make(bytes), memberNames(['model']));
        try {
          walk.step(Number.POSITIVE_INFINITY);
        } catch {
          // Where a limit ends it, that is all the work there is.
        }
        return walk.work;
      });
      expect(twice, kind).toBeLessThan(2.2 * once + 10_000);
    }
  });
});

describe('large bodies do not block the event loop', () => {
  test('while a large body is scanned', async () => {
    const body = hostileBodies['white space']?.(bodyBytes) ?? Buffer.alloc(0);
    expect(await turnsDuring(readFactsInTurns('openai-chat', body))).toBeGreaterThanOrEqual(
      Math.floor(bodyBytes / workPerTurn),
    );
  });

  test('jobs take one step per turn of the event loop, in the order in which they asked', async () => {
    const order: string[] = [];
    const work = (name: string, steps: number) => {
      let done = 0;
      return inTurns(() => {
        order.push(name);
        done += 1;
        return done === steps;
      });
    };
    const turn = async () => {
      for (let index = 0; index < 9; index += 1)
        await new Promise<void>((resolve) => setImmediate(() => resolve(void order.push('-'))));
    };
    await Promise.all([work('a', 3), work('b', 3), work('c', 2), turn()]);
    expect(order.join('').replaceAll('-', '')).toBe('abcabcab');
    expect(order.join('')).not.toMatch(/[abc]{2}/);
  });

  test('while the pieces of a large body are put together', async () => {
    const pieces = Array.from({ length: 64 }, () => Buffer.alloc(64 * 1024));
    expect(await turnsDuring(joinInTurns(pieces))).toBeGreaterThanOrEqual(14);
  });

  test('a small body is processed at once', async () => {
    let isLater = false;
    setImmediate(() => (isLater = true));
    await readFactsInTurns('openai-chat', Buffer.from('{"model":"m"}'));
    expect(isLater).toBe(false);
    await nextTurn();
  });
});

/** Large enough to be worked on in turns, whatever it is. */
const padding = 'p'.repeat(300_000);
const longTexts = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.constantFrom('\\', '"', '\\"', '🦉', 'é', '汉', '\ud800', '\udc00', '\u0000', '\n', '\u2028', 'a🦉\\'),
);

describe('the result in turns is the same as at once', () => {
  test('pieces of any size, put together', async () => {
    const sizes = fc.array(fc.oneof(fc.nat({ max: 3_000 }), fc.integer({ min: 200_000, max: 700_000 })), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const pieces = lengths.map((length, index) => Buffer.alloc(length, `${index}abcdefg`));
        expect((await joinInTurns(pieces)).equals(Buffer.concat(pieces))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('any JSON object is parsed as JSON.parse does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '1', '0')), fc.jsonValue()),
        async (value) => {
          const text = JSON.stringify({ ...value, padding });
          expect(JSON.stringify(await parseInTurns(Buffer.from(text)))).toBe(JSON.stringify(JSON.parse(text)));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('any long text, however it is written and wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(longTexts, fc.nat({ max: 8 }), fc.boolean(), async (piece, shift, isEscaped) => {
        const text = 'x'.repeat(shift) + piece.repeat(Math.ceil(550_000 / piece.length));
        const written = JSON.stringify({ text, end: 1 });
        // Every character as an escape, as some libraries write them.
        const body = isEscaped
          ? written.replace(
              /[^\x20-\x7e]/g,
              (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
            )
          : written;
        const bytes = Buffer.from(body);
        expect((await parseInTurns(bytes))['text'] === JSON.parse(bytes.toString('utf8')).text).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  test('any value is written as JSON.stringify writes it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string(), fc.jsonValue()),
        longTexts,
        fc.nat({ max: 3 }),
        async (value, piece, shift) => {
          const long = 'x'.repeat(shift) + piece.repeat(Math.ceil(150_000 / piece.length));
          const object: JsonObject = {
            ...value,
            long,
            list: [long, undefined, null, [], {}, [[]], { a: undefined, b: 1 }],
            nothing: undefined,
            last: 1e21,
          };
          const written = await writeInTurns(object, mebibyte);
          expect(written.equals(Buffer.from(JSON.stringify(object)))).toBe(true);
          expect((await writeInTurns(object, 10)).equals(written)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each(['{', '{"a":}', '[]', '{"a":"\\x"}', '{"a":"\n"}', '', '7'])(
    'what is no JSON object is refused: %j',
    async (text) => {
      await expect(parseInTurns(Buffer.from(text))).rejects.toMatchObject({ code: 'invalid_json' });
      await expect(parseInTurns(Buffer.from(`${' '.repeat(300_000)}${text}`))).rejects.toMatchObject({
        code: 'invalid_json',
      });
    },
  );

  test('a byte order mark before it is no part of it', async () => {
    expect(await parseInTurns(Buffer.from('\uFEFF{"a":1}'))).toEqual({ a: 1 });
    expect(await parseInTurns(Buffer.from(`\uFEFF${JSON.stringify({ a: 1, padding })}`))).toEqual({ a: 1, padding });
  });

  test('what is parsed in turns changes no prototype', async () => {
    const parsed = await parseInTurns(
      Buffer.from(`{"padding":"${padding}","__proto__":{"polluted":true},"a":{"__proto__":{"polluted":true}}}`),
    );
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
    expect(Reflect.get(parsed['a'] ?? {}, 'polluted')).toBeUndefined();
  });
});
