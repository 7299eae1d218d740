import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const mib = 1024 * 1024;
const model = '"model":"bench-model"';
const messages = '"messages":[{"role":"user","content":"pong"}]';

/** As often as fits into so many bytes. */
function filled(piece: string, bytes: number): string {
  return piece.repeat(Math.max(1, Math.floor(bytes / piece.length)));
}

/** Within a whole request: this list's items, or this object's members. */
const inList = (items: string): string => `{${model},${messages},"x":[${items}1]}`;
const asMembers = (members: string): string => `{${model},${messages},"x":{${members}"z":1}}`;

/** Bodies that are cheap to send and expensive to read, each of about so many bytes. */
export const hostileBodies: Readonly<Record<string, (bytes: number) => string>> = {
  'a long name over many strings': (bytes) => `{${model},"${'n'.repeat(bytes / 2)}":[${filled('"a",', bytes / 2)}"a"]}`,
  'a long name over many strings without commas': (bytes) =>
    `{${model},"${'n'.repeat(bytes / 2)}":${filled('"a"', bytes / 2)}}`,
  'a long name over long strings': (bytes) =>
    `{${model},"${'n'.repeat(bytes / 2)}":{${filled(`"a":"${'b'.repeat(4_100)}",`, bytes / 2)}"z":1}}`,
  'long names, one in another': (bytes) => {
    const name = 'n'.repeat(bytes / 64);
    return `{${model},"x":${`{"${name}":`.repeat(32)}[${filled('"a",', bytes / 4)}1]${'}'.repeat(32)}}`;
  },
  'empty strings': (bytes) => inList(filled('"",', bytes)),
  'strings of one letter under messages': (bytes) => `{${model},"messages":[${filled('"a",', bytes)}"a"]}`,
  numbers: (bytes) => inList(filled('1,', bytes)),
  'a number of many digits': (bytes) => `{${model},${messages},"x":${'9'.repeat(bytes)}}`,
  'escaped quotes': (bytes) => `{${model},"messages":[{"role":"user","content":"${filled('\\"', bytes)}"}]}`,
  backslashes: (bytes) => `{${model},"messages":[{"role":"user","content":"${filled('\\\\', bytes)}"}]}`,
  'escapes of characters': (bytes) => `{${model},"messages":[{"role":"user","content":"${filled('\\u0041', bytes)}"}]}`,
  colons: (bytes) => `{${model}${filled(':', bytes)}}`,
  commas: (bytes) => `{${model}${filled(',', bytes)}}`,
  'opening brackets': (bytes) => `{${model},"x":${filled('[', bytes)}`,
  'empty objects': (bytes) => inList(filled('{},', bytes)),
  members: (bytes) => asMembers(filled('"k":1,', bytes)),
  'members under one name, escaped': (bytes) => asMembers(filled('"\\u006b":1,', bytes)),
  'the model again and again': (bytes) => `{${filled(`${model},`, bytes)}${messages}}`,
  'data URLs': (bytes) =>
    inList(filled(`{"type":"image_url","image_url":{"url":"data:image/png;base64,${'A'.repeat(5000)}"}},`, bytes)),
  'media types': (bytes) => `{${model},"messages":[${filled('{"media_type":"image/png","data":"A"},', bytes)}{}]}`,
  spaces: (bytes) => `${filled(' ', bytes)}{${model},${messages}}`,
  'a long model': (bytes) => `{"model":"${'m'.repeat(bytes)}",${messages}}`,
  'a string without an end': (bytes) => `{${model},"x":"${filled('a', bytes)}`,
  'a prompt': (bytes) =>
    `{${model},"max_tokens":1,"messages":[{"role":"user","content":"${filled('words ', bytes)}"}]}`,
};

/** A form that is nothing but the marks between its fields. */
export function hostileForm(bytes: number): { contentType: string; body: string } {
  return { contentType: 'multipart/form-data; boundary=x', body: filled('--x\r\n', bytes) };
}

/** The same in a few bytes. */
export function compressed(body: string, encoding: 'br' | 'gzip'): Buffer {
  const bytes = Buffer.from(body, 'latin1');
  return encoding === 'gzip'
    ? gzipSync(bytes, { level: 6 })
    : brotliCompressSync(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 3, [constants.BROTLI_PARAM_LGWIN]: 22 },
      });
}

export const bytesOf = (sizeMiB: number): number => Math.floor(sizeMiB * mib);
