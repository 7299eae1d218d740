import fc from 'fast-check';
import { expect, test } from 'vitest';
import { credentialMask, type CredentialMask } from '#proxy/reply/credential-mask.ts';

const key = 'sk-ant-api03-Zq8vT1xYb3NfLk5Jp7Rw9Uc2Hd4Gm6Sa0Ei_Oq+Xz1Cv3/Bn5Mt7-AA';
const bearer = { authorization: `Bearer ${key}` };

function maskOf(headers: Readonly<Record<string, string>> = bearer, path = '/v1/messages'): CredentialMask {
  const mask = credentialMask(headers, path);
  if (!mask) throw new Error('no credential was seen');
  return mask;
}

function inPieces(mask: CredentialMask, pieces: readonly Buffer[]): Buffer {
  const stream = mask.stream();
  return Buffer.concat([...pieces.map((piece) => stream.push(piece)), stream.flush()]);
}

const nothing = Buffer.alloc(0);
const each = (text: string, form: (code: number, index: number) => string) =>
  [...text].map((character, index) => form(character.charCodeAt(0), index)).join('');
const hex = (code: number) => code.toString(16).padStart(2, '0');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const base64url = (text: string) => Buffer.from(text).toString('base64url');

const forms: Readonly<Record<string, string>> = {
  plain: key,
  'upper case': key.toUpperCase(),
  'lower case': key.toLowerCase(),
  'odd case': each(key, (code, index) =>
    index % 2 ? String.fromCharCode(code).toUpperCase() : String.fromCharCode(code).toLowerCase(),
  ),
  'with its scheme': `Bearer ${key}`,
  'by encodeURIComponent': encodeURIComponent(key),
  'percent, every character': each(key, (code) => `%${hex(code)}`),
  'percent, upper case': each(key, (code) => `%${hex(code).toUpperCase()}`),
  'percent, twice': each(key, (code) => `%25${hex(code)}`),
  'percent, every third': each(key, (code, index) => (index % 3 ? String.fromCharCode(code) : `%${hex(code)}`)),
  'JSON escapes': each(key, (code) => `\\u00${hex(code)}`),
  'JSON escapes, first character only': `\\u00${hex(key.charCodeAt(0))}${key.slice(1)}`,
  'JSON escapes in JSON': each(key, (code) => `\\\\u00${hex(code)}`),
  'escaped slashes': key.replaceAll('/', '\\/'),
  'JavaScript escapes': each(key, (code) => `\\x${hex(code)}`),
  'braced escapes': each(key, (code) => `\\u{${hex(code)}}`),
  'HTML, decimal': each(key, (code) => `&#${code};`),
  'HTML, hexadecimal': each(key, (code) => `&#x${hex(code)};`),
  'HTML, with zeros': each(key, (code) => `&#000${code};`),
  'HTML, escaped again': each(key, (code) => `&amp;#${code};`),
  'all of them mixed': each(
    key,
    (code, index) => [`%${hex(code)}`, `\\u00${hex(code)}`, `&#${code};`, String.fromCharCode(code)][index % 4] ?? '',
  ),
  hex: Buffer.from(key).toString('hex'),
  'HEX of the header': Buffer.from(`Bearer ${key}`).toString('hex').toUpperCase(),
  base64: base64(key),
  base64url: base64url(key),
  'base64 of the header': base64(`Bearer ${key}`),
  'base64 of user:key': base64(`user:${key}`),
  'base64 of :key': base64(`:${key}`),
  'base64 of key:': base64(`${key}:`),
  'base64url of x:key': base64url(`x:${key}`),
  'base64 with escaped slashes': base64(key).replaceAll('/', '\\/'),
  'base64 in a URL': encodeURIComponent(base64(key)),
  'a long beginning': key.slice(0, 34),
  'a long ending': key.slice(-24),
  'a long middle': key.slice(20, 40),
};

/** What the text says once every escape is undone, in one case: what a reader could make of it. */
function readAgain(text: string): string {
  let plain = text;
  for (let round = 0; round < 3; round += 1) {
    plain = plain
      .replaceAll('&amp;', '&')
      .replaceAll('\\\\', '\\')
      .replaceAll('\\/', '/')
      .replace(/%([0-9a-f]{2})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/\\(?:u00|x)([0-9a-f]{2})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/\\u\{([0-9a-f]+)\}/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/&#x([0-9a-f]+);/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)));
  }
  return plain;
}

/** The longest run of the key, or of an encoding of it, that can still be read. */
function longestLeak(output: string): number {
  const text = readAgain(output);
  const [lower, encodings] = [text.toLowerCase(), [base64(key), base64(` ${key}`), base64(`  ${key}`)]];
  const hexText = Buffer.from(key).toString('hex');
  const runs = (haystack: string, needle: string, from = 0) => {
    let longest = from;
    for (let start = 0; start + longest < needle.length; start += 1)
      while (start + longest < needle.length && haystack.includes(needle.slice(start, start + longest + 1)))
        longest += 1;
    return longest;
  };
  const inBase64 = encodings.map((form) => runs(text.replaceAll('-', '+').replaceAll('_', '/'), form));
  return Math.max(runs(lower, key.toLowerCase()), ...inBase64, runs(lower, hexText) / 2);
}

const surroundings = [
  ['{"error":{"message":"Incorrect API key provided: ', '.","code":"invalid_api_key"}}'],
  ['<html><body>', '</body></html>'],
  ['data: {"choices":[{"delta":{"content":"a\\nb %20 &amp; \\u003c ', ' z"}}]}\n\n'],
  ['', ''],
] as const;

test.each(Object.entries(forms))('a credential that comes back in this form is masked: %s (F13)', (_name, form) => {
  for (const [before, after] of surroundings) {
    const output = inPieces(maskOf(), [Buffer.from(before + form + after)]).toString();
    expect(longestLeak(output), output).toBeLessThan(16);
    expect(output.startsWith(before)).toBe(true);
    expect(output.endsWith(after)).toBe(true);
    expect(output).toHaveLength(before.length + form.length + after.length);
  }
});

test.each(Object.entries(forms))(
  'and wherever it is cut into two pieces, or into single bytes: %s (F13)',
  (_name, form) => {
    for (const [before, after] of surroundings) {
      const bytes = Buffer.from(before + form + after);
      const whole = inPieces(maskOf(), [bytes]);
      for (let cut = 0; cut <= bytes.length; cut += 1)
        expect(longestLeak(inPieces(maskOf(), [bytes.subarray(0, cut), bytes.subarray(cut)]).toString())).toBeLessThan(
          16,
        );
      expect(
        inPieces(
          maskOf(),
          [...bytes].map((byte) => Buffer.from([byte])),
        ).equals(whole),
      ).toBe(true);
    }
  },
);

test('wherever keys and cuts lie, the output equals that of one piece and keeps its length', () => {
  const piece = fc.oneof(
    fc.constantFrom(...Object.values(forms)),
    fc.constantFrom('\\u0', '%', '&#1', '\\', 'sk-ant', key.slice(0, 12), key.slice(-9), '\n\n'),
    fc.string({ maxLength: 30 }),
    fc.string({ unit: 'binary', maxLength: 10 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(1000), { maxLength: 12 }), (texts, cuts) => {
      const bytes = Buffer.from(texts.join(''));
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      const output = inPieces(maskOf(), pieces);
      expect(output).toHaveLength(bytes.length);
      expect(output.equals(inPieces(maskOf(), [bytes]))).toBe(true);
      for (const [index, byte] of output.entries()) expect([bytes[index], 0x2a]).toContain(byte);
    }),
    { numRuns: 1000 },
  );
});

test('the kept end of a masked run stays masked when a piece brings nothing that decides', () => {
  const bytes = Buffer.from(`${each(key, (code) => `%${hex(code)}`)}2`);
  for (let cut = bytes.length - 4; cut <= bytes.length; cut += 1) {
    const pieces = [bytes.subarray(0, cut), nothing, nothing, bytes.subarray(cut), nothing];
    expect(inPieces(maskOf(), pieces).toString()).toBe(`${'*'.repeat(bytes.length - 1)}2`);
  }
});

test('bytes without the credential pass as they are, and are not even copied', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
      const bytes = Buffer.concat([data, Buffer.from('\n\n')]);
      const output = maskOf().stream().push(bytes);
      expect(output.equals(bytes)).toBe(true);
      expect(output.buffer).toBe(bytes.buffer);
    }),
  );
});

test('an event is never kept back for what could follow it', () => {
  const events = [
    'data: [DONE]\n\n',
    ': ping\r\n\r\n',
    'event: x\ndata: {"a":"sk-ant-api03-Zq8vT1x"}\n\n',
    `data: ${key}\n\n`,
  ];
  const stream = maskOf().stream();
  for (const event of events) expect(stream.push(Buffer.from(event))).toHaveLength(event.length);
  expect(stream.push(Buffer.from('{"whole":"json"}'))).toHaveLength(16);
});

test('only an ending that could begin the credential is kept back, and no longer than needed', () => {
  const stream = maskOf().stream();
  expect(stream.push(Buffer.from('text sk-ant-api03')).toString()).toBe('text ');
  expect(stream.push(Buffer.from('!')).toString()).toBe('sk-ant-api03!');
  expect(stream.push(Buffer.from('sk-ant')).toString()).toBe('');
  expect(stream.flush().toString()).toBe('sk-ant');
});

test.each([
  ['authorization', `Bearer ${key}`],
  ['authorization', key],
  ['x-api-key', key],
  ['api-key', key],
  ['x-goog-api-key', key],
  ['x-auth-token', key],
])('the credential is known by its header: %s: %s', (name, value) => {
  expect(maskOf({ [name]: value }).text(`got ${key}`)).toBe(`got ${'*'.repeat(key.length)}`);
});

test.each(['key', 'api_key', 'api-key', 'access_token', 'sig'])('or by its query parameter: %s', (name) => {
  const path = `/v1/models?api-version=2024-10-21-preview&${name}=${encodeURIComponent(key)}`;
  expect(maskOf({}, path).text(`2024-10-21-preview ${key}`)).toBe(`2024-10-21-preview ${'*'.repeat(key.length)}`);
});

test('a short credential is masked as a whole; a placeholder is no credential', () => {
  expect(maskOf({ 'x-api-key': 'sk-abc12' }).text('sk-abc12 SK-ABC12 sk-abc1')).toBe('******** ******** sk-abc1');
  for (const word of ['', 'ollama', 'lm-studio', 'not-needed', 'no-key-required', 'sk-no-key-required', 'EMPTY', 'x'])
    expect(credentialMask({ authorization: `Bearer ${word}` }, '/v1'), word).toBeNull();
});

test('headers are masked in every value, and one whose name is the credential is left out', () => {
  const headers = {
    'x-debug': `Bearer ${key}`,
    'set-cookie': [`a=${base64(key)}`, 'b=c'],
    [`x-${key.toLowerCase()}`]: '1',
    server: 'me',
  };
  const clean = maskOf().headers(headers);
  expect(longestLeak(JSON.stringify(clean))).toBeLessThan(16);
  expect(clean).toMatchObject({ server: 'me', 'set-cookie': [expect.stringMatching(/^a=\*+/), 'b=c'] });
  expect(Object.keys(clean)).toEqual(['x-debug', 'set-cookie', 'server']);
  const plain = { server: 'me' };
  expect(maskOf().headers(plain)).toBe(plain);
});
