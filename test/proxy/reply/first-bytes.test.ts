import { setImmediate as nextTurn } from 'node:timers/promises';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeReply } from '#proxy/reply/decode-reply.ts';
import { labelReply } from '#proxy/reply/label-reply.ts';
import type { UpstreamReply } from '#proxy/reply/upstream-reply.ts';
import { createTestClock } from '../../support/test-clock.ts';

/** A reply that comes byte by byte. */
function byteByByte(headers: UpstreamReply['headers'], body: Buffer): UpstreamReply {
  return {
    status: 200,
    headers,
    async read(onChunk) {
      for (let index = 0; index < body.length; index += 1) {
        onChunk(body.subarray(index, index + 1));
        await nextTurn();
      }
    },
    pause() {},
    resume() {},
    abort() {},
  };
}

async function bytesOf(reply: UpstreamReply): Promise<string> {
  const chunks: Buffer[] = [];
  await reply.read((chunk) => void chunks.push(chunk));
  return Buffer.concat(chunks).toString('latin1');
}

const text = '{"object":"list"}';
const plain = Buffer.from(text);
test.each<[string, UpstreamReply['headers'], Buffer, string]>([
  ['gzip', {}, gzipSync(plain), text],
  ['gzip', { 'content-encoding': 'gzip' }, gzipSync(plain), text],
  ['deflate', { 'content-encoding': 'deflate' }, deflateSync(plain), text],
  ['deflate without its wrapper', { 'content-encoding': 'deflate' }, deflateRawSync(plain), text],
  // A stored block: its first byte is that of a wrapper.
  ['deflate without its wrapper', { 'content-encoding': 'deflate' }, Buffer.from('580100feff41010000ffff', 'hex'), 'A'],
  ['nothing', {}, plain, text],
  ['nothing', {}, Buffer.from('{'), '{'],
  ['nothing', {}, Buffer.from([0x1f]), '\u001f'],
  ['nothing', {}, Buffer.from([0x1f, 0x41]), '\u001fA'],
  ['gzip', { 'content-encoding': 'gzip' }, Buffer.alloc(0), ''],
])('%s (declared: %j) is recognised also where the first bytes come apart', async (_name, headers, body, seen) =>
  expect(await bytesOf(decodeReply(byteByByte(headers, body)))).toBe(seen),
);

test.each(['', '\uFEFF', '\n\n', '\uFEFF \n'])(
  'a stream is one under another name also where the bytes of what is before it (%j) come apart',
  async (before) => {
    const stream = Buffer.from(`${before}data: {"choices":[]}\n\n`);
    const reply = byteByByte({ 'content-type': 'application/octet-stream' }, stream);
    const asked = { dialect: 'openai-chat', isStream: true, requestId: 'r' } as const;
    const labelled = await labelReply(reply, asked, createTestClock(), new AbortController().signal);
    expect(labelled.headers['content-type']).toBe('text/event-stream');
    expect(await bytesOf(labelled)).toBe(stream.toString('latin1'));
  },
);
