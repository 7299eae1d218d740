import { existsSync, readFileSync, statSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Call } from '#proxy/call.ts';
import { BodyWatch, mostOfBody } from '#core/requests/body-watch.ts';
import { type CapturedCall, capturesPath, openCaptures } from '#core/store/requests/captures.ts';
import type { RefusedRequest } from '#core/store/requests/request-records.ts';
import type { RequestRecorder } from '#core/store/store.ts';
import type { Capture, CaptureSettings } from '#shared/contract/captures.ts';
import { noLimits } from '#shared/domain/local-key.ts';
import { requestIdSchema } from '#shared/ids.ts';
import { eventually } from '../../support/eventually.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { openTestStore, requestId } from '../../support/store-fixture.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { startCore } from './start-core.ts';

const secret = 'my own unusual provider key 12345';
const newSecret = 'another unusual provider key 67890';

test('bodies are kept when asked for: as they passed by, without credentials, and of failures only if so', async () => {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const key = await core.addProvider('own', 'openai', upstream.origin, secret);
  const path = capturesPath(join(core.home, 'corvusllm.db'));
  const set = (captures: Partial<CaptureSettings>) =>
    core.handlers['settings.set']({ captures: { of: 'all', megabytes: 1, days: 7, ...captures } });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  async function ask(text: string, isStream: boolean) {
    const body = JSON.stringify({ model: 'gpt-5.5', stream: isStream, messages: [{ role: 'user', content: text }] });
    const reply = await fetch(`${core.url}/v1/chat/completions`, { method: 'POST', headers, body });
    const received = await reply.text();
    const id = requestIdSchema.parse(reply.headers.get('x-corvus-request-id'));
    await core.row(id);
    return { id, body, received };
  }
  const captureOf = (id: Awaited<ReturnType<typeof ask>>['id']) => core.handlers['captures.get']({ id });
  const kept = (id: Awaited<ReturnType<typeof ask>>['id']): Promise<Capture> =>
    eventually(async () => {
      const capture = await captureOf(id);
      if (!capture) throw new Error('not yet');
      return capture;
    });

  const off = await ask('Hello', true);
  expect(await captureOf(off.id)).toBeNull();
  expect(existsSync(path)).toBe(false);

  await set({});
  for (const isStream of [false, true]) {
    const { id, body, received } = await ask('Hello again', isStream);
    expect(await kept(id)).toEqual({
      request: { text: body, bytes: Buffer.byteLength(body), isCut: false },
      response: { text: received, bytes: Buffer.byteLength(received), isCut: false },
    });
  }
  // A key that was added a moment ago is no exception.
  await core.addProvider('new', 'openai', upstream.origin, newSecret);
  const leaky = await ask(`sk-ant-1234567890 and ${secret}, ${newSecret}`, false);
  const { request } = await kept(leaky.id);
  expect(request.text).toMatch(/\[redacted\] and \*{33}, \*{34}/);
  expect(readFileSync(path, 'latin1')).not.toMatch(new RegExp(`${secret}|${newSecret}`));
  expect(statSync(path).mode & 0o777).toBe(0o600);

  const message = { role: 'assistant', content: 'é'.repeat(mostOfBody / 2) };
  const answer = { id: 'a', object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] };
  upstream.script({ body: JSON.stringify(answer), headers: { 'content-type': 'application/json' } });
  const asked = await ask('Long', false);
  const long = await kept(asked.id);
  expect(long.response).toMatchObject({ bytes: Buffer.byteLength(asked.received), isCut: true });
  expect(asked.received.startsWith(long.response.text ?? '-')).toBe(true);
  expect(Buffer.byteLength(long.response.text ?? '')).toBeLessThanOrEqual(mostOfBody);

  await set({ of: 'errors' });
  const good = await ask('Fine', false);
  upstream.script({ status: 400, body: '{"error":{"message":"no"}}' });
  const bad = await ask('Wrong', false);
  expect((await kept(bad.id)).response.text).toContain('"no"');
  expect(await captureOf(good.id)).toBeNull();
  // What is never admitted is a failure too.
  for (const { id } of await core.handlers['keys.list'](undefined))
    await core.handlers['keys.set-limits']({ id, limits: { ...noLimits, models: ['other'] } });
  const forbidden = await ask('Not with this key', false);
  const refused = await core.row(forbidden.id);
  expect(refused.status).toBe('refused');
  expect((await kept(refused.id)).request.text).toBe(forbidden.body);

  await core.handlers['captures.remove']({ id: bad.id });
  expect(await captureOf(bad.id)).toBeNull();
  expect(JSON.stringify(await core.handlers['doctor.packet']({ requestId: leaky.id }))).not.toContain('[redacted] and');
  await core.handlers['captures.clear'](undefined);
  expect(await core.handlers['captures.size'](undefined)).toEqual({ count: 0, bytes: 0 });
  expect(readFileSync(path, 'latin1')).not.toContain('Hello again');
});

test('a credential that JSON escapes, or that the bound cuts, is not kept either', async () => {
  await using opened = await openTestStore();
  const { captures } = opened.store;
  const escaped = [...secret].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const cut = Buffer.from(`{"key":"${secret.slice(0, 20)}`);
  const id = requestId();
  const call = {
    id,
    createdAtMs: 1,
    request: { content: new Uint8Array(Buffer.from(`{"key":"${escaped}"}`)), bytes: 8 + escaped.length + 2 },
    response: { content: new Uint8Array(cut), bytes: 1_000 },
  };
  await captures.keep(call, { mostBytes: 10_000, oldestMs: 0 }, [secret]);
  const kept = await captures.get(id);
  expect(kept?.request.text).toMatch(/^\{"key":"\*+"\}$/);
  expect(kept?.response).toEqual({ text: '{"key":"', bytes: 1_000, isCut: true });
});

test('calls that end without a row take no room, and a bound is never passed', () => {
  const stored: CapturedCall[] = [];
  const bodies = new BodyWatch({ captured: () => 'all', keep: async (call) => void stored.push(call) });
  const body = Buffer.alloc(2 * mostOfBody);
  const calls = Array.from(
    { length: 130 },
    () => ({ requestId: requestId(), receivedAtMs: 0, body }) as unknown as Call,
  );
  const { refused } = bodies.recording<Pick<RequestRecorder, 'begin' | 'finish' | 'refused'>>({
    begin() {},
    finish() {},
    refused() {},
  });
  const refusal = { httpStatus: 400 } as RefusedRequest;
  const watch = (call: Call) => {
    const response = new ServerResponse({ method: 'POST' } as IncomingMessage);
    bodies.watch(call, response);
    return response;
  };
  const responses = calls.map(watch);
  calls.slice(10).forEach(({ requestId: id }) => bodies.forget(id));
  for (const response of responses) response.emit('close');
  for (const { requestId: id } of calls.slice(0, 10)) refused({ ...refusal, id });
  expect(stored.map(({ id }) => id)).toEqual(calls.slice(0, 10).map(({ requestId: id }) => id));
  expect(stored[0]?.request).toMatchObject({ bytes: 2 * mostOfBody, content: { byteLength: mostOfBody } });
});

test('the oldest bodies go first, by size and by age, and what is no text is said to be none', async () => {
  await using opened = await openTestStore();
  const { captures } = opened.store;
  const body = (text: string | Uint8Array) => {
    const content = Buffer.from(text);
    return { content: new Uint8Array(content), bytes: content.length };
  };
  const ids = [1, 2, 3, 4].map((day) => requestId(day * 1_000));
  const limits = { mostBytes: 3_000, oldestMs: 0 };
  for (const [index, id] of ids.entries()) {
    const call = {
      id,
      createdAtMs: (index + 1) * 1_000,
      request: body('x'.repeat(900)),
      response: body('y'.repeat(100)),
    };
    await captures.keep(call, limits, []);
  }
  expect(await captures.size()).toEqual({ count: 3, bytes: 3_000 });
  expect(await captures.get(ids[0] ?? '')).toBeNull();
  await captures.trim({ mostBytes: 3_000, oldestMs: 3_000 });
  expect(await captures.get(ids[1] ?? '')).toBeNull();
  expect(await captures.size()).toEqual({ count: 2, bytes: 2_000 });

  const binary = {
    id: requestId(5_000),
    createdAtMs: 5_000,
    request: body(''),
    response: body(new Uint8Array([0xff, 0])),
  };
  await captures.keep(binary, limits, []);
  expect(await captures.get(binary.id)).toEqual({
    request: { text: '', bytes: 0, isCut: false },
    response: { text: null, bytes: 2, isCut: false },
  });
  expect(existsSync(join(dirname(opened.databasePath), 'corvus.captures.db'))).toBe(true);
});

test('a link in the place of the bodies is not written through', async () => {
  const home = await temporaryHome();
  const path = join(home, 'corvusllm.captures.db');
  const other = join(home, 'other');
  await symlink(other, path);
  expect(() => openCaptures(path)).toThrow('symbolic link');
  expect(existsSync(other)).toBe(false);
});
