import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFacts } from '#proxy/request/read-call.ts';
import { memberNames } from '#proxy/body/member-names.ts';
import { scanJson } from '#proxy/body/scan-json.ts';

const data = 'iVBORw0KGgo'.repeat(2_000);
const scan = (body: object) => scanJson(Buffer.from(JSON.stringify(body)), memberNames([])).media;
const said = (...content: object[]) => ({ model: 'm', messages: [{ role: 'user', content }] });
const picture = `data:image/png;base64,${data}`;

describe('pictures and sound are found where the dialects have them', () => {
  test.each<[string, object]>([
    ['a picture in chat completions', said({ type: 'image_url', image_url: { url: picture, detail: 'high' } })],
    ['sound in chat completions', said({ type: 'input_audio', input_audio: { data, format: 'wav' } })],
    [
      'a picture in Responses',
      { model: 'm', input: [{ role: 'user', content: [{ type: 'input_image', image_url: picture }] }] },
    ],
    ['a picture in Messages', said({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } })],
    [
      'a picture in Messages, its kind last',
      said({ type: 'image', source: { data, type: 'base64', media_type: 'image/png' } }),
    ],
    [
      'a picture that a tool brought',
      said({
        type: 'tool_result',
        tool_use_id: 't',
        content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }],
      }),
    ],
  ])('%s', (_, body) => {
    const { bytes, parts } = scan(body);
    expect(parts).toBe(1);
    expect(bytes).toBeGreaterThanOrEqual(data.length);
    expect(readFacts('openai-chat', Buffer.from(JSON.stringify(body))).inputTokenEstimate).toBeLessThan(2_300);
  });

  test('each is counted', () => {
    const part = { type: 'image_url', image_url: { url: picture } };
    expect(scan(said(part, { type: 'text', text: 'and' }, part))).toMatchObject({ parts: 2 });
  });
});

describe('everything else is text, whatever it looks like', () => {
  test.each<[string, object]>([
    ['a script without spaces', said({ type: 'text', text: '汉'.repeat(8_000) })],
    ['data in the text', said({ type: 'text', text: picture })],
    ['data as the whole message', { model: 'm', messages: [{ role: 'user', content: data }] }],
    ['a document of text', said({ type: 'document', source: { type: 'text', media_type: 'text/plain', data } })],
    ['a PDF', said({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } })],
    [
      'a file of text',
      said({ type: 'file', file: { filename: 'a.txt', file_data: `data:text/plain;base64,${data}` } }),
    ],
    ['what a tool was called with', said({ type: 'tool_use', id: 't', name: 'n', input: { url: picture } })],
    [
      'the same, called like a picture',
      said({ type: 'tool_use', id: 't', name: 'n', input: { image_url: { url: picture } } }),
    ],
    ['the same, with a kind', said({ type: 'tool_use', id: 't', name: 'n', input: { media_type: 'image/png', data } })],
    [
      'a tool’s description',
      {
        model: 'm',
        messages: [],
        tools: [{ type: 'function', function: { parameters: { default: { url: picture } } } }],
      },
    ],
    ['metadata', { model: 'm', messages: [], metadata: { url: picture } }],
    ['a second kind elsewhere', said({ type: 'x', source: { data, note: { media_type: 'image/png' } } })],
    ['an input of Responses', { model: 'm', input: data }],
  ])('%s', (_, body) => {
    expect(scan(body)).toEqual({ bytes: 0, parts: 0 });
    const text = JSON.stringify(body);
    expect(readFacts('openai-chat', Buffer.from(text)).inputTokenEstimate).toBe(Math.ceil(Buffer.byteLength(text) / 3));
  });
});

test('of any body at least the bytes outside of media are counted as text', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (messages, other) => {
      const bytes = Buffer.from(JSON.stringify({ model: 'm', messages, other }));
      const { media } = scanJson(bytes, memberNames([]));
      expect(readFacts('openai-chat', bytes).inputTokenEstimate).toBeGreaterThanOrEqual(
        Math.ceil((bytes.length - media.bytes) / 3),
      );
    }),
  );
});
