import { expect, test } from 'vitest';
import { isOllamaPath } from '#core/gateway/serve-ollama.ts';
import { readShellVariables } from '#core/shell-variables.ts';
import { jsonDocument } from '#core/tools/documents/json-document.ts';
import { parseHead } from '#proxy/http1/response-head.ts';

// Nothing is timed. A reader whose work grows with the square of such a text, or doubles with each part of it, is not
// done before the time of a test is over.
const many = 250_000;
const several = 36;

test('a path of slashes, before anything of its request is known (A23)', () => {
  expect(isOllamaPath(`${'/'.repeat(many)}x`)).toBe(false);
  expect(isOllamaPath(`/v1${'/'.repeat(many)}x`)).toBe(false);
  expect(isOllamaPath(`/api/tags${'/'.repeat(many)}`)).toBe(true);
});

test('the Connection header of an upstream with spaces in the middle (A23)', () => {
  const headOf = (connection: string) => parseHead(`HTTP/1.1 200 OK\r\nconnection: ${connection}\r\ncontent-length: 0`);
  const spaces = '\t'.repeat(many);
  expect(headOf(`a${spaces}b`).keepsOpen).toBe(true);
  expect(headOf(`a${spaces},${spaces}close${spaces},b`).keepsOpen).toBe(false);
});

test('a profile of a shell with many options in a line (A23)', async () => {
  const read = async () => ({
    text: `set${' --a'.repeat(several)} =\nset -gx B 1\n`,
    linksTo: null,
    isReadOnly: false,
  });
  const [, file] = await readShellVariables({ platform: 'linux', home: '/home/ada', environment: {}, read });
  expect(file?.variables).toEqual(new Map([['B', '1']]));
});

test('a settings file with many comments in a line (A23)', () => {
  const remarks = '/**/'.repeat(several);
  const text = `{\n  "a": 1${remarks} }\n`;
  expect(jsonDocument.set(text, ['b'], 2)).toBe(`{\n  "a": 1,\n  "b": 2${remarks} }\n`);
  const line = `{\n  "a": 1 /* x * y */ ${remarks} // z\n}\n`;
  expect(jsonDocument.set(line, ['b'], 2)).toBe(`{\n  "a": 1, /* x * y */ ${remarks} // z\n  "b": 2\n}\n`);
});
