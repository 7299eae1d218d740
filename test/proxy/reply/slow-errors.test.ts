import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { labelReply } from '#proxy/reply/label-reply.ts';
import type { UpstreamReply } from '#proxy/reply/upstream-reply.ts';
import { CorvusError } from '#shared/errors.ts';
import { createTestClock } from '../../support/test-clock.ts';

const asked = { dialect: 'openai-chat', isStream: false, requestId: 'r' } as const;
const errorOf = (message: string): string => JSON.stringify({ error: { message } });

/** An error whose pieces come when the test sends them. */
function startError() {
  const ended = Promise.withResolvers<void>();
  let deliver: (chunk: Buffer) => void = () => {};
  const reply: UpstreamReply = {
    status: 400,
    headers: { 'content-type': 'application/json' },
    read(onChunk) {
      deliver = onChunk;
      return ended.promise;
    },
    pause() {},
    resume() {},
    abort() {
      deliver = () => {};
      ended.reject(new CorvusError('upstream_interrupted'));
    },
  };
  return { reply, send: (text: string) => deliver(Buffer.from(text)), end: () => ended.resolve() };
}

async function textOf(reply: UpstreamReply): Promise<string> {
  const chunks: Buffer[] = [];
  await reply.read((chunk) => void chunks.push(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

test('an error that comes slowly is told whole', async () => {
  const clock = createTestClock();
  const upstream = startError();
  const labelled = labelReply(upstream.reply, asked, clock, new AbortController().signal);
  const text = errorOf('Too long.');
  for (const letter of text) {
    upstream.send(letter);
    clock.advance(1_000);
  }
  upstream.end();
  expect(await textOf(await labelled)).toBe(text);
});

test('an error that drips without an end is told with what has come of it', async () => {
  const clock = createTestClock();
  const upstream = startError();
  const labelled = labelReply(upstream.reply, asked, clock, new AbortController().signal);
  for (let second = 0; second <= 60; second += 1) {
    upstream.send('x');
    clock.advance(1_000);
    await nextTurn();
  }
  const message = expect.stringMatching(/^x{60}$/);
  expect(JSON.parse(await textOf(await labelled))).toMatchObject({ error: { message } });
  expect(clock.pending()).toBe(0);
});

test('a long error comes at the pace of the client, and is not whole where it breaks off', async () => {
  for (const isWhole of [true, false]) {
    const clock = createTestClock();
    const upstream = startError();
    const text = errorOf('x'.repeat(100_000));
    const labelling = labelReply(upstream.reply, asked, clock, new AbortController().signal);
    upstream.send(text.slice(0, 70_000));
    const labelled = await labelling;
    const told = textOf(labelled);
    told.catch(() => {});
    clock.advance(60_000);
    await nextTurn();
    upstream.send(text.slice(70_000));
    if (isWhole) upstream.end();
    else upstream.reply.abort();
    if (isWhole) expect(await told).toBe(text);
    else await expect(told).rejects.toMatchObject({ code: 'upstream_interrupted' });
    expect(clock.pending()).toBe(0);
  }
});
