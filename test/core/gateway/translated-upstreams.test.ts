import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { TurnArchive } from '#core/gateway/turn-archive.ts';
import { createTurnMemory } from '#core/gateway/turn-memory.ts';
import { providerIdSchema } from '#shared/ids.ts';
import type { ModelState } from '#shared/translate/model-state.ts';
import { type MockUpstream, startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startCore } from './start-core.ts';

const thought = 'I should look at the file.';
const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'read', arguments: '{"p":"a.txt"}' } };
const message = { role: 'assistant', content: null, reasoning_content: thought, tool_calls: [call] };
const usage = { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 };
const json = { 'content-type': 'application/json' };
const done = JSON.stringify({
  choices: [{ index: 0, message: { role: 'assistant', content: 'Read.' }, finish_reason: 'stop' }],
  usage,
});

const whole = {
  headers: json,
  body: JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }], usage }),
};
const streamed = {
  headers: { 'content-type': 'text/event-stream' },
  body: [
    { choices: [{ index: 0, delta: message }] },
    { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
    { choices: [], usage },
  ]
    .map((event) => `data: ${JSON.stringify(event)}\n\n`)
    .join('')
    .concat('data: [DONE]\n\n'),
};

async function start(home?: string) {
  const core = await startCore(home === undefined ? {} : { home });
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const add = async (id: string) => {
    const custom = { dialects: ['openai-chat' as const], isLocal: true };
    await core.handlers['providers.add']({
      id: providerIdSchema.parse(id),
      kind: 'custom',
      baseUrl: `${upstream.origin}/v1`,
      custom,
      key: 'sk-upstream-0000',
    });
    return core.newKey(`provider:${id}`);
  };
  const ask = async (key: string, model: string, turns: readonly object[], stream = false) => {
    const messages = [{ role: 'user', content: 'Read a.txt' }, ...turns];
    const tools = [{ name: 'read', input_schema: { type: 'object', properties: { p: { type: 'string' } } } }];
    const body = JSON.stringify({ model, max_tokens: 100, stream, tools, messages });
    const reply = await fetch(`${core.url}/v1/messages`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${key}` },
      body,
    });
    return { status: reply.status, type: reply.headers.get('content-type'), text: await reply.text() };
  };
  return { core, upstream, add, ask };
}

/** The conversation as a client sends it back that has no word for what the model thought. */
const secondTurn = [
  { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'read', input: { p: 'a.txt' } }] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'text of a' }] },
];

function assistantIn(upstream: MockUpstream): unknown {
  const request: { messages: { role: string }[] } = JSON.parse(String(upstream.received.at(-1)?.body));
  return request.messages.find(({ role }) => role === 'assistant');
}

test('an upstream that answers whole is a stream to a client that asked for one, with its terminal event', async () => {
  const { upstream, add, ask } = await start();
  const key = await add('deep');
  upstream.script({ headers: json, body: done });
  const { status, type, text } = await ask(key, 'm', [], true);
  expect([status, type]).toEqual([200, 'text/event-stream']);
  expect(text).toContain('"text":"Read."');
  expect(text).toContain('event: message_stop');
  upstream.script({ headers: json, body: '{"error":{"message":"no capacity"}}' });
  const failed = await ask(key, 'm', [], true);
  expect([failed.status, failed.type]).toEqual([expect.any(Number), expect.stringContaining('application/json')]);
  expect(failed.status).toBeGreaterThanOrEqual(400);
});

describe('what a model left beside a call', () => {
  test.each([
    ['a whole answer', whole, false],
    ['a stream', streamed, true],
  ])('goes back to it with the result, after %s', async (_what, script, stream) => {
    const { upstream, add, ask } = await start();
    const key = await add('deep');
    upstream.script(script);
    expect((await ask(key, 'm', [], stream)).status).toBe(200);
    upstream.script({ headers: json, body: done });
    expect((await ask(key, 'm', secondTurn)).status).toBe(200);
    expect(assistantIn(upstream)).toMatchObject({ reasoning_content: thought });
  });

  test('is shown neither to another provider nor to another model', async () => {
    const { upstream, add, ask } = await start();
    const [key, other] = [await add('deep'), await add('other')];
    upstream.script(whole);
    await ask(key, 'm', []);
    for (const [asked, model] of [
      [other, 'm'],
      [key, 'n'],
    ] as const) {
      upstream.script({ headers: json, body: done });
      expect((await ask(asked, model, secondTurn)).status).toBe(200);
      expect(assistantIn(upstream)).not.toHaveProperty('reasoning_content');
    }
  });

  test('goes back to it after a restart, and is nowhere on disk in clear', async () => {
    const { core, upstream, add, ask } = await start();
    const key = await add('deep');
    upstream.script(whole);
    await ask(key, 'm', []);
    await core.stop();
    for (const file of await readdir(core.home, { recursive: true, withFileTypes: true })) {
      if (file.isFile()) expect((await readFile(join(file.parentPath, file.name))).includes(thought)).toBe(false);
    }
    const next = await start(core.home);
    upstream.script({ headers: json, body: done });
    expect((await next.ask(key, 'm', secondTurn)).status).toBe(200);
    expect(assistantIn(upstream)).toMatchObject({ reasoning_content: thought });
    // The setting deletes it, and what comes later is not stored.
    await next.core.handlers['settings.set']({ keepReasoning: false });
    await next.core.stop();
    const last = await start(core.home);
    upstream.script({ headers: json, body: done });
    await last.ask(key, 'm', secondTurn);
    expect(assistantIn(upstream)).not.toHaveProperty('reasoning_content');
  });

  test('is left out once the model refuses it, and not sent again', async () => {
    const { upstream, add, ask } = await start();
    const key = await add('deep');
    upstream.script(whole);
    await ask(key, 'm', []);
    upstream.script({ status: 400, headers: json, body: '{"error":{"message":"reasoning_content is not allowed"}}' });
    const again = [
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_9', name: 'read', input: { p: 'b.txt' } }] },
    ];
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_9', content: 'text of b' }] };
    upstream.script({ ...whole, body: whole.body.replace('call_1', 'call_9').replace('a.txt', 'b.txt') });
    expect((await ask(key, 'm', secondTurn)).status).toBe(200);
    expect(upstream.received).toHaveLength(3);
    expect(assistantIn(upstream)).not.toHaveProperty('reasoning_content');
    upstream.script({ headers: json, body: done });
    await ask(key, 'm', secondTurn);
    expect(upstream.received).toHaveLength(4);
    // What the second answer left is kept.
    upstream.script({ headers: json, body: done });
    await ask(key, 'm', [...again, result]);
    expect(assistantIn(upstream)).toMatchObject({ reasoning_content: thought });
  });

  test.each([
    ['does not arrive', { fault: { kind: 'reset-before-headers' } }],
    ['is put off', { status: 429, headers: json, body: '{"error":{"message":"too many requests"}}' }],
  ] as const)('stays refused as it was where the second request %s', async (_what, second) => {
    const { upstream, add, ask } = await start();
    const key = await add('deep');
    upstream.script(whole);
    await ask(key, 'm', []);
    upstream.script({ status: 400, headers: json, body: '{"error":{"message":"reasoning_content is not allowed"}}' });
    upstream.script(second);
    const { status, text } = await ask(key, 'm', secondTurn);
    expect([status, text]).toEqual([400, expect.stringContaining('reasoning_content is not allowed')]);
    upstream.script({ headers: json, body: done });
    await ask(key, 'm', secondTurn);
    expect(assistantIn(upstream)).toMatchObject({ reasoning_content: thought });
  });

  test('a request that is refused either way is refused in the words of the first answer', async () => {
    const { upstream, add, ask } = await start();
    const key = await add('deep');
    upstream.script(whole);
    await ask(key, 'm', []);
    upstream.script({ status: 400, headers: json, body: '{"error":{"message":"max_tokens is too large"}}' });
    upstream.script({ status: 400, headers: json, body: '{"error":{"message":"reasoning_content is missing"}}' });
    const { status, text } = await ask(key, 'm', secondTurn);
    expect([status, text]).toEqual([400, expect.stringContaining('max_tokens is too large')]);
    upstream.script({ headers: json, body: done });
    await ask(key, 'm', secondTurn);
    expect(assistantIn(upstream)).toMatchObject({ reasoning_content: thought });
  });
});

const noArchive: TurnArchive = { find: async () => new Map(), keep: () => {}, forget: () => {} };

test('memory is bounded; what was used last stays', async () => {
  const state = (text: string): ModelState => ({
    dialect: 'openai-chat',
    message: { reasoning_content: text },
    calls: [],
  });
  const size = JSON.stringify(['p', 'm', 'a']).length + JSON.stringify(state('x'.repeat(100))).length;
  const memory = createTurnMemory(noArchive, 2 * size).of('p', 'm');
  memory.keep({ key: 'a', state: state('x'.repeat(100)) });
  memory.keep({ key: 'b', state: state('y'.repeat(100)) });
  await memory.find(['a']);
  memory.keep({ key: 'c', state: state('z'.repeat(100)) });
  memory.keep({ key: 'd', state: state('!'.repeat(3 * size)) });
  expect([...(await memory.find(['a', 'b', 'c', 'd'])).keys()]).toEqual(['a', 'c']);
});
