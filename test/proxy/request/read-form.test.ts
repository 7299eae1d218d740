import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPassthroughFacts } from '#proxy/request/read-call.ts';
import { CorvusError } from '#shared/errors.ts';

const boundary = 'xXx0123';
const type = `multipart/form-data; boundary=${boundary}`;
const field = (name: string, value: string) =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (name: string, content: string) =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="a.mp3"\r\ncontent-type: audio/mpeg\r\n\r\n${content}\r\n`;
const part = (head: string, value: string) => `--${boundary}\r\n${head}\r\n\r\n${value}\r\n`;
const end = `--${boundary}--\r\n`;

async function read(body: string, contentType = type) {
  return readPassthroughFacts(Buffer.from(body), contentType).catch((error: unknown) => {
    if (error instanceof CorvusError) return `${error.code} ${error.details.param ?? ''}`.trim();
    throw error;
  });
}

describe('a form as clients send it', () => {
  test('its fields are read, its files are not', async () => {
    const body =
      file('file', 'ID3 name="model"') +
      field('model', 'whisper-1') +
      field('stream', 'true') +
      field('n', '3') +
      field('prompt', 'a\r\nb') +
      end;
    expect(await read(body)).toMatchObject({ model: 'whisper-1', isStream: true, choices: 3 });
    expect(await read(field('model', 'm') + field('stream', 'false') + end)).toMatchObject({ isStream: false });
    expect(await read(field('purpose', 'batch') + file('file', 'x') + end)).toMatchObject({ model: 'files' });
  });

  test('a form that fetch makes of a FormData is read, whatever its content', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2_000 }),
        fc.string({ unit: 'grapheme', maxLength: 12 }),
        async (bytes, name) => {
          const form = new FormData();
          form.set('file', new Blob([bytes]), `${name.replaceAll('\\', '')}.mp3`);
          form.set('timestamp_granularities[]', 'word');
          form.set('model', 'gpt-4o-transcribe');
          const request = new Request('http://x', { method: 'POST', body: form });
          const facts = await readPassthroughFacts(
            Buffer.from(await request.arrayBuffer()),
            request.headers.get('content-type') ?? '',
          );
          expect(facts.model).toBe('gpt-4o-transcribe');
        },
      ),
      { numRuns: 200 },
    );
  });

  test.each([
    '----WebKitFormBoundaryABC123',
    '---------------------------1234',
    '----formdata-undici-01',
    'boundary',
    "a'()+_,-./:=?b",
  ])('the boundary %s', async (marker) => {
    const body = `--${marker}\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--${marker}--\r\n`;
    expect(await read(body, `multipart/form-data; boundary="${marker}"`)).toMatchObject({ model: 'm' });
    if (!/[():,/=?]/.test(marker))
      expect(await read(body, `multipart/form-data; boundary=${marker}`)).toMatchObject({ model: 'm' });
  });

  test('a large file is searched for the boundary wherever it lies', async () => {
    for (const size of [262_100, 262_120, 262_140, 524_250, 900_000]) {
      for (let shift = 0; shift < 20; shift += 1) {
        expect(await read(file('file', 'y'.repeat(size + shift)) + field('model', 'm') + end)).toMatchObject({
          model: 'm',
        });
      }
    }
  });
});

describe('a form that servers read differently is refused (F16)', () => {
  test.each<[string, string, string]>([
    ['a field twice', field('model', 'cheap') + field('model', 'dear') + end, 'bad_request model'],
    ['its name in another case', field('Model', 'dear') + end, 'bad_request model'],
    ['its name as a list', field('model[]', 'dear') + end, 'bad_request model'],
    ['its name with a space', field('model ', 'dear') + end, 'bad_request model'],
    ['a bare name', part('content-disposition: form-data; name=model', 'dear') + end, 'bad_request'],
    ['a name in single quotes', part("content-disposition: form-data; name='model'", 'dear') + end, 'bad_request'],
    ['an encoded name', part("content-disposition: form-data; name*=utf-8''model", 'dear') + end, 'bad_request'],
    ['both names', part(`content-disposition: form-data; name="a"; name*=utf-8''model`, 'dear') + end, 'bad_request'],
    ['two names', part('content-disposition: form-data; name="a"; name="model"', 'dear') + end, 'bad_request'],
    [
      'a name with an escaped quote',
      part('content-disposition: form-data; name="a\\"; name=\\"model"', 'dear') + end,
      'bad_request',
    ],
    ['no name', part('content-disposition: form-data', 'dear') + end, 'bad_request'],
    ['an unknown parameter', part('content-disposition: form-data; x="y"; name="model"', 'dear') + end, 'bad_request'],
    ['another disposition', part('content-disposition: attachment; name="model"', 'dear') + end, 'bad_request'],
    [
      'two dispositions',
      part('content-disposition: form-data; name="a"\r\ncontent-disposition: form-data; name="model"', 'dear') + end,
      'bad_request',
    ],
    ['no disposition', part('content-type: text/plain', 'dear') + end, 'bad_request'],
    ['a folded head', part('content-disposition: form-data;\r\n name="model"', 'dear') + end, 'bad_request'],
    [
      'line feeds alone',
      `--${boundary}\ncontent-disposition: form-data; name="model"\n\ndear\n--${boundary}--\n`,
      'bad_request',
    ],
    ['the model as a file', file('model', 'dear') + end, 'bad_request model'],
    [
      'the model with an encoded file name',
      part(`content-disposition: form-data; name="model"; filename*=utf-8''x`, 'dear') + end,
      'bad_request model',
    ],
    [
      'the model in base64',
      part('content-disposition: form-data; name="model"\r\ncontent-transfer-encoding: base64', 'ZGVhcg==') + end,
      'bad_request model',
    ],
    [
      'the model in UTF-16',
      part('content-disposition: form-data; name="model"\r\ncontent-type: text/plain; charset=utf-16', 'd') + end,
      'bad_request model',
    ],
    [
      'the model as JSON',
      part('content-disposition: form-data; name="model"\r\ncontent-type: application/json', '"dear"') + end,
      'bad_request model',
    ],
    ['the model with a line end', field('model', 'cheap\r\ndear') + end, 'bad_request model'],
    ['the model with NUL', field('model', 'cheap\0dear') + end, 'bad_request model'],
    ['a long model', field('model', 'x'.repeat(5_000)) + end, 'bad_request model'],
    ['no model in it', field('model', '') + end, 'bad_request model'],
    ['stream as 1', field('model', 'm') + field('stream', '1') + end, 'bad_request stream'],
    ['stream as True', field('model', 'm') + field('stream', 'True') + end, 'bad_request stream'],
    ['no number of pictures', field('model', 'm') + field('n', '0') + end, 'bad_request n'],
    ['pictures with an exponent', field('model', 'm') + field('n', '1e1') + end, 'bad_request n'],
    ['text before it', `hello\r\n${field('model', 'm')}${end}`, 'bad_request'],
    ['text behind it', `${field('model', 'm')}${end}${field('model', 'dear')}`, 'bad_request'],
    ['no end', field('model', 'm'), 'bad_request'],
    ['nothing but its end', `--${boundary}`, 'bad_request'],
    ['nothing', '', 'bad_request'],
    [
      'a boundary within a line',
      `${part('content-disposition: form-data; name="a"', `x--${boundary}`)}${end}`,
      'bad_request',
    ],
    [
      'a longer boundary',
      `${part('content-disposition: form-data; name="a"', `x\r\n--${boundary}y`)}${end}`,
      'bad_request',
    ],
    ['300 parts', field('a', '').repeat(300) + end, 'bad_request'],
    [
      'an address for the credential (A13)',
      field('model', 'm') + field('api_base', 'http://evil') + end,
      'unknown_parameter api_base',
    ],
    [
      'the same in another case (A13)',
      field('model', 'm') + field('API-Base', 'http://evil') + end,
      'unknown_parameter api_base',
    ],
  ])('%s', async (_, body, refusal) => {
    expect(await read(body)).toBe(refusal);
  });

  test.each([
    ['no boundary', 'multipart/form-data'],
    ['an empty boundary', 'multipart/form-data; boundary='],
    ['an empty quoted boundary', 'multipart/form-data; boundary=""'],
    ['two boundaries', `multipart/form-data; boundary=${boundary}; boundary=other`],
    ['a boundary and an encoded one', `multipart/form-data; boundary=${boundary}; boundary*=utf-8''other`],
    ['a boundary in pieces', `multipart/form-data; boundary*0=${boundary}`],
    ['one that is too long', `multipart/form-data; boundary=${'b'.repeat(71)}`],
    ['another one', 'multipart/form-data; boundary=other'],
    ['one within another parameter', `multipart/form-data; x="; boundary=${boundary}"`],
  ])('%s', async (_, contentType) => {
    expect(await read(field('model', 'm') + end, contentType)).toBe('bad_request');
  });

  test('a quoted boundary, and one among other parameters', async () => {
    for (const contentType of [
      `multipart/form-data; boundary="${boundary}"`,
      `Multipart/Form-Data;charset=utf-8;  BOUNDARY=${boundary} `,
    ])
      expect(await read(field('model', 'm') + end, contentType)).toMatchObject({ model: 'm' });
  });

  test.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/octet-stream',
    'multipart/mixed; boundary=b',
    'application/jsonx',
    '',
  ])('a body of another type: %s', async (contentType) => {
    expect(await read('model=dear', contentType)).toBe('unsupported_media_type');
    expect(await read('', contentType)).toMatchObject({ model: 'files' });
  });
});
