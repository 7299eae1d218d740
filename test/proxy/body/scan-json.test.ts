import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createJsonWalk, type JsonListener, requestLimits } from '#proxy/body/json-walk.ts';
import { memberNames } from '#proxy/body/member-names.ts';
import { type JsonScan, scanJson } from '#proxy/body/scan-json.ts';
import { CorvusError } from '#shared/errors.ts';

const names = ['model', 'stream', 'n', 'stream_options'] as const;
const wanted = memberNames(names);

function scanned(body: Buffer): JsonScan | string {
  try {
    return scanJson(body, wanted);
  } catch (error) {
    if (error instanceof CorvusError) return error.code;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whatever a scan finds, JSON.parse finds too; whatever is no JSON object, both refuse. */
function expectOneReading(text: string): void {
  const body = Buffer.from(text);
  const scan = scanned(body);
  const value = parsed(body.toString('utf8'));
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const shown = text.slice(-200);
  // A name that stands twice, or that others take for one that is read, is refused though it parses, and before the
  // rest is looked at.
  if (typeof scan === 'string') {
    const codes = ['bad_request', 'unknown_parameter', 'json_too_complex', ...(isObject ? [] : ['invalid_json'])];
    expect(codes, shown).toContain(scan);
    return;
  }
  expect(isObject, shown).toBe(true);
  if (typeof value !== 'object' || value === null) return;
  for (const name of names) {
    const span = scan.members.get(name);
    expect(Object.hasOwn(value, name), shown).toBe(span !== undefined);
    if (span) expect(JSON.parse(body.toString('utf8', span.start, span.end))).toEqual(Reflect.get(value, name));
  }
}

const space = fc.constantFrom('', ' ', '\n', '\r\n', '\t', '  \n ');
const jsonValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '1e5',
    '-0',
    '0.5',
    '1E+2',
    '"\\u0041"',
    '"\\ud800"',
    '"\\\\"',
    '"\\\\\\""',
    '"}"',
    '"{"',
    '"a\\nb"',
    '[]',
    '{}',
    '[{}]',
    '""',
  ),
);
const name = fc.oneof(
  fc.constantFrom(...names, 'other', '__proto__', 'mo\\u0064el', 'Model', 'a\\"b', ''),
  fc.string({ maxLength: 6 }).map((text) => JSON.stringify(text).slice(1, -1)),
);
const object = fc
  .array(fc.tuple(space, name, space, jsonValue, space), { maxLength: 6 })
  .chain((members) =>
    fc
      .tuple(space, space)
      .map(
        ([before, after]) =>
          `${before}{${members.map(([a, key, b, value, c]) => `${a}"${key}"${b}:${value}${c}`).join(',')}}${after}`,
      ),
  );
/** A text with some of its characters left out, doubled or replaced. */
const damaged = fc
  .tuple(
    object,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', ' ', '0', 'e', '.', '-', 'x', '\u0001', 'é'),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([text, changes]) =>
    changes.reduce((changed, [at, put]) => {
      const index = at % (changed.length + 1);
      return changed.slice(0, index) + put + changed.slice(index + (at % 2));
    }, text),
  );
/** Makes a body so large that its strings are skipped rather than looked at byte by byte. */
const padding = `"pad":"${'x'.repeat(300_000)}",`;
const padded = (text: string) => text.replace('{', `{${padding}`);

describe('a scan reads a body as JSON.parse does, or refuses it', () => {
  test.each<[string, fc.Arbitrary<string>, number]>([
    ['any object', object, 3_000],
    ['any damaged object', damaged, 6_000],
    ['any text', fc.string({ unit: fc.constantFrom(...'{}[]",:\\ 01eE+-.truefalsn\u0001') }), 6_000],
    ['any JSON', fc.json(), 500],
  ])('%s', (_, texts, numRuns) => {
    fc.assert(fc.property(texts, expectOneReading), { numRuns });
  });

  test('a large body of any kind', () => {
    fc.assert(
      fc.property(fc.oneof(object, damaged), (text) => {
        const large = padded(text);
        // What a parser refuses within a string, and what it does not change the reading of, may pass in a large one.
        if (!text.includes('\u0001')) expectOneReading(large);
      }),
      { numRuns: 400 },
    );
  });

  test('every byte at every place among others', () => {
    for (const around of ['', 'abc', 'é', '\u{1f426}', '\\n', '\\u00e9', '\u007f\u0080ÿ']) {
      for (let byte = 0; byte < 256; byte += 1) {
        for (let before = 0; before < 24; before += 1) {
          const body = Buffer.concat([
            Buffer.from(`{"model":"${around}${'a'.repeat(before)}`),
            Buffer.from([byte]),
            Buffer.from(`aaaaaaa${around}"}`),
          ]);
          const isRead = typeof scanned(body) !== 'string';
          if (isRead !== (parsed(body.toString('utf8')) !== undefined))
            expect.fail(`0x${byte.toString(16)} in ${JSON.stringify(body.toString('latin1'))}`);
        }
      }
    }
  });

  test('it does not matter where a step ends', () => {
    const heard = (text: string, budget: number) => {
      const events: string[] = [];
      const note =
        (kind: string) =>
        (...at: unknown[]) =>
          void events.push(`${kind} ${at.join(' ')}`);
      const listener: JsonListener = {
        open: note('open'),
        close: note('close'),
        name: note('name'),
        text: note('text'),
        scalar: note('scalar'),
      };
      const walk = createJsonWalk(Buffer.from(text), listener, requestLimits);
      try {
        while (!walk.step(budget));
      } catch (error) {
        events.push(String(error));
      }
      return events;
    };
    fc.assert(
      fc.property(
        fc.oneof(object, damaged),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        (text, budget, isLarge) => {
          const body = isLarge ? padded(text) : text;
          expect(heard(body, budget)).toEqual(heard(body, Number.POSITIVE_INFINITY));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('what stands around and inside the object', () => {
  test.each([
    ['a byte order mark', '\uFEFF{"model":"m"}'],
    ['white space before', ' \r\n\t{"model":"m"}'],
    ['white space behind', '{"model":"m"} \r\n\t'],
    ['white space within', '{ "model"\n:\t"m" \r}'],
  ])('%s is no fault', (_, text) => {
    const body = Buffer.from(text);
    const span = scanJson(body, wanted).members.get('model');
    expect(span && body.toString('utf8', span.start, span.end)).toBe('"m"');
  });

  test.each([
    ['another object behind', '{"model":"m"}{"model":"n"}'],
    ['text behind', '{"model":"m"}x'],
    ['a NUL behind', '{"model":"m"}\0'],
    ['a comment', '{"model":"m"/* */}'],
    ['a comment line before', '// x\n{"model":"m"}'],
    ['a comma at the end', '{"model":"m",}'],
    ['single quotes', "{'model':'m'}"],
    ['a bare name', '{model:"m"}'],
    ['NaN', '{"model":"m","n":NaN}'],
    ['Infinity', '{"model":"m","n":Infinity}'],
    ['a hexadecimal number', '{"model":"m","n":0x10}'],
    ['a number with a leading zero', '{"model":"m","n":01}'],
    ['a number with a plus', '{"model":"m","n":+1}'],
    ['two values', '{"model":"m" "n"}'],
    ['two colons', '{"model"::"m"}'],
    ['no value', '{"model":}'],
    ['no name', '{:"m"}'],
    ['brackets that do not match', '{"model":["m"}]}'],
    ['a line end in a string', '{"model":"m\n"}'],
    ['an unknown escape', '{"model":"m\\x41"}'],
    ['half an escape', '{"model":"m\\u00"}'],
    ['other white space', '\u00a0{"model":"m"}'],
    ['two byte order marks', '\uFEFF\uFEFF{"model":"m"}'],
    ['UTF-16', Buffer.from('{"model":"m"}', 'utf16le').toString('latin1')],
  ])('%s is refused, in a small body and in a large one', (_, text) => {
    for (const body of [text, padded(text)]) {
      // In a large body the inside of long strings is not looked at; these are short.
      expect(scanned(Buffer.from(body))).toBe('invalid_json');
    }
  });
});

describe('how much a body may have', () => {
  const body = (inside: string) => Buffer.from(`{"model":"m","a":${inside}}`);
  const list = (piece: string, count: number) => `[${Array.from({ length: count }, () => piece).join(',')}]`;
  const members = (count: number) => `{${Array.from({ length: count }, (_, index) => `"${index}":1`).join(',')}}`;
  test.each<[string, string, string | null]>([
    ['250 levels', `${'['.repeat(250)}${']'.repeat(250)}`, null],
    ['260 levels', `${'['.repeat(260)}${']'.repeat(260)}`, 'json_too_complex'],
    ['190,000 empty strings', list('""', 190_000), null],
    ['210,000 empty strings', list('""', 210_000), 'json_too_complex'],
    ['210,000 objects', list('{}', 210_000), 'json_too_complex'],
    ['210,000 lists', list('[]', 210_000), 'json_too_complex'],
    ['490,000 numbers', list('1', 490_000), null],
    ['510,000 numbers', list('1', 510_000), 'json_too_complex'],
    ['510,000 times null', list('null', 510_000), 'json_too_complex'],
    ['190,000 members', members(190_000), null],
    ['210,000 members', members(210_000), 'json_too_complex'],
    ['a name of 60 kB', `{"${'n'.repeat(60_000)}":1}`, null],
    ['a name of 70 kB', `{"${'n'.repeat(70_000)}":1}`, 'json_too_complex'],
    ['a number of 1,000 digits', '1'.repeat(1_000), null],
    ['a number of 1,100 digits', '1'.repeat(1_100), 'json_too_complex'],
  ])('%s', (_, inside, code) => {
    const scan = scanned(body(inside));
    expect(typeof scan === 'string' ? scan : null).toBe(code);
  });

  test('members at the top, and their names', () => {
    const top = (count: number) =>
      `{"model":"m"${Array.from({ length: count }, (_, index) => `,"k${index}":1`).join('')}}`;
    expect(scanned(Buffer.from(top(900)))).toMatchObject({ open: 1 });
    expect(scanned(Buffer.from(top(1_100)))).toBe('json_too_complex');
    expect(scanned(Buffer.from(`{"model":"m","${'n'.repeat(600)}":1}`))).toBe('json_too_complex');
  });

  test('a conversation of a million tokens with a thousand tools passes', () => {
    const messages = Array.from({ length: 6_000 }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: [{ type: 'text', text: 'word '.repeat(140), cache_control: { type: 'ephemeral' } }],
    }));
    const properties = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`p${index}`, { type: 'string', description: 'what it is' }]),
    );
    const tools = Array.from({ length: 1_000 }, (_, index) => ({
      name: `tool${index}`,
      description: 'does',
      input_schema: { type: 'object', properties },
    }));
    expect(scanned(Buffer.from(JSON.stringify({ model: 'm', messages, tools })))).toMatchObject({ open: 1 });
  });
});
