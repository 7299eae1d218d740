import { expect, test } from 'vitest';
import { createPromptCaches } from '#core/usage/prompt-caches.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { localKeyIdSchema, type RequestId } from '#shared/ids.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import { unitPricesFor } from '#shared/metering/price-usage.ts';
import { makeUsage, type Usage } from '#shared/metering/usage.ts';
import { testCall } from '../../support/open-test-ledger.ts';
import { requestId } from '../../support/store-fixture.ts';

const keyId = localKeyIdSchema.parse('lk_01a223dd00417d368c1301a107c7bc69');
const unitPrices = unitPricesFor(
  { prices: { input: '3.00', cacheRead: '0.30', cacheWrite5m: '3.75', output: '15' } },
  1,
);
const long = 'All work and no play makes a long prompt. '.repeat(100);
const tool = (name: string, more: object = {}) => ({ name, description: 'Does it.', ...more });
const says = (role: string, text: string) => ({ role, content: [{ type: 'text', text }] });
const attribution = (value: string) => `x-anthropic-billing-header: cc_version=2.1.37; cch=${value};`;

interface Prompt {
  model?: string;
  system?: unknown;
  tools?: unknown;
  messages: unknown[];
}

const first: Prompt = {
  system: `You help.\n${long}\nToday is Friday.`,
  tools: [tool('read'), tool('write'), tool('run')],
  messages: [says('user', 'Fix it.')],
};
const second: Prompt = {
  ...first,
  messages: [...first.messages, says('assistant', 'Reading.'), says('user', 'Go on.')],
};

interface Sent {
  atMs?: number;
  provider?: string;
  dialect?: Dialect;
  session?: string;
  agent?: string | null;
  usage?: Partial<Usage>;
}

/** Turns of one session, one after another. */
function conversation() {
  const caches = createPromptCaches();
  const ids: RequestId[] = [];
  return {
    ids,
    async send(prompt: Prompt, sent: Sent = {}) {
      const { atMs = 0, provider = 'claude', dialect = 'anthropic-messages', session = 's', agent = null } = sent;
      const id = requestId();
      ids.push(id);
      const body = Buffer.from(JSON.stringify({ model: 'm', ...prompt }));
      const call = { ...testCall(id), receivedAtMs: atMs, dialect, body, facts: readFacts(dialect, body) };
      const seen = await caches.see(call, keyId, { session, agent });
      const usage = makeUsage({ cacheWrite5m: 20_000, outputText: 9, ...sent.usage });
      const model = prompt.model ?? 'm';
      return seen?.answered({ provider, model, translatedTo: null, usage, unitPrices }) ?? null;
    },
  };
}

/** What a turn is told whose cache had nothing of the 20,000 tokens of the one before. */
async function secondTurn(prompt: Prompt, sent: Sent = {}, before: Prompt = first) {
  const { send, ids } = conversation();
  await send(before, sent.dialect === undefined ? {} : { dialect: sent.dialect });
  const found = await send(prompt, { atMs: 60_000, ...sent });
  if (found) expect(found.before).toBe(ids[0]);
  return found && { cause: found.cause, at: found.at };
}

const chat = (system: string, ...turns: unknown[]) => ({
  tools: first.tools,
  messages: [{ role: 'system', content: system }, ...turns],
});

test.each<[string, Prompt, Sent, object, Prompt?]>([
  ['another model', { ...second, model: 'other' }, {}, { cause: 'model', at: null }],
  ['another provider', second, { provider: 'other' }, { cause: 'provider', at: null }],
  ['later than a cache lives', second, { atMs: 300_001 }, { cause: 'expired', at: null }],
  [
    'tools in another order',
    { ...second, tools: [tool('read'), tool('run'), tool('write')] },
    {},
    { cause: 'tool-order', at: 2 },
  ],
  [
    'a tool more',
    { ...second, tools: [tool('read'), tool('write'), tool('run'), tool('new')] },
    {},
    { cause: 'tools', at: 4 },
  ],
  [
    'a tool with another description',
    { ...second, tools: [tool('read'), tool('write', { description: 'Now: 12:01' }), tool('run')] },
    {},
    { cause: 'tools', at: 2 },
  ],
  [
    'a line of the system prompt',
    { ...second, system: `You help.\n${long}\nToday is Saturday.` },
    {},
    { cause: 'system', at: 3 },
  ],
  [
    'a system message of chat completions',
    chat(`${long}\nIt is 12:01.`, says('user', 'Fix it.'), says('assistant', 'Yes.'), says('user', long)),
    { dialect: 'openai-chat' },
    { cause: 'system', at: 2 },
    chat(`${long}\nIt is 12:00.`, says('user', 'Fix it.'), says('assistant', 'Yes.')),
  ],
  [
    'a message in the middle',
    {
      ...second,
      messages: [...first.messages, says('assistant', 'Rewritten.'), says('user', 'Go on.'), says('user', 'So?')],
    },
    {},
    { cause: 'message', at: 2 },
    second,
  ],
  [
    'a beginning that is left out',
    { ...second, messages: [...second.messages.slice(1), says('assistant', 'Done.')] },
    {},
    { cause: 'cut', at: null },
    second,
  ],
  ['nothing that can be seen', second, {}, { cause: 'unknown', at: null }],
])('a cache is lost to %s', async (_name, prompt, sent, expected, before = first) => {
  expect(await secondTurn(prompt, sent, before)).toEqual(expected);
});

test.each<[string, Prompt, Sent]>([
  ['what was cached is read', second, { usage: { cacheRead: 20_000, cacheWrite5m: 500 } }],
  ['less is missing than any provider caches', second, { usage: { cacheRead: 19_000, cacheWrite5m: 500 } }],
  ['the answer has no more input', second, { usage: { cacheWrite5m: 0, freshInput: 900 } }],
  ['it is another session', second, { session: 'other' }],
  ['it is another agent of the session', second, { agent: 'a1' }],
  ['it is another conversation of the session', { ...first, messages: [says('user', 'Name this chat.')] }, {}],
  ['it is short', { messages: [says('user', 'Hi')] }, {}],
])('nothing is told where %s', async (_name, prompt, sent) => {
  expect(await secondTurn(prompt, sent)).toBeNull();
});

test('marks for the cache, and the form of a text that they need, are no difference', async () => {
  const mark = { cache_control: { type: 'ephemeral' } };
  const marked = { role: 'user', content: [{ type: 'text', text: 'Fix it.', ...mark }] };
  const plain = { role: 'user', content: 'Fix it.' };
  const { send } = conversation();
  await send({ ...first, messages: [marked] });
  const next = [
    plain,
    says('assistant', 'Reading.'),
    { role: 'user', content: [{ type: 'text', text: 'Go.', ...mark }] },
  ];
  expect(await send({ ...first, messages: next })).toMatchObject({ cause: 'unknown' });
});

test('what it cost is what the missing tokens cost more than from the cache', async () => {
  const { send, ids } = conversation();
  await send(first);
  const found = await send(
    { ...second, system: `Other.\n${long}` },
    { atMs: 9_000, usage: { cacheRead: 5_000, cacheWrite5m: 20_000 } },
  );
  // 15,000 tokens at $3.75 instead of $0.30 per million.
  expect(found).toEqual({ cause: 'system', at: 1, afterMs: 9_000, tokens: 15_000, lost: '0.05175', before: ids[0] });
});

test('the changing line of Claude Code counts only where no cache was read in spite of it', async () => {
  const withLine = (value: string) => ({
    ...second,
    system: [{ type: 'text', text: `${attribution(value)}\n${long}` }],
  });
  const never = conversation();
  await never.send(withLine('a1'));
  expect(await never.send(withLine('b2'))).toMatchObject({ cause: 'system', at: 1 });
  const { send } = conversation();
  await send(withLine('a1'));
  await send(withLine('b2'), { usage: { cacheRead: 20_000, cacheWrite5m: 0 } });
  expect(await send(withLine('c3'))).toMatchObject({ cause: 'unknown' });
});

test('agents that work at the same time in one session are compared each with itself', async () => {
  const { send, ids } = conversation();
  const other = { ...first, messages: [says('user', 'Look for it.')] };
  await send(first);
  await send(other);
  const next = { ...second, system: `Other.\n${long}` };
  expect(await send(next)).toMatchObject({ cause: 'system', before: ids[0] });
  expect(await send({ ...other, tools: [], messages: [...other.messages, says('user', 'And?')] })).toMatchObject({
    cause: 'tools',
    before: ids[1],
  });
});

test('a provider that caches by itself is known to by what was read before', async () => {
  const usage = { freshInput: 20_000, cacheWrite5m: 0 };
  const auto = { dialect: 'openai-chat', usage } as const;
  const never = conversation();
  await never.send(first, auto);
  expect(await never.send(second, auto)).toBeNull();
  const { send } = conversation();
  await send(first, { ...auto, usage: { ...usage, cacheRead: 10_000 } });
  expect(await send(second, auto)).toMatchObject({ cause: 'unknown', tokens: 20_000 });
});

test('sessions whose prompts never repeat push out the ones before them, however few they are', async () => {
  const { send } = conversation();
  const other = { ...second, system: `You help.\n${long}\nToday is Saturday.` };
  await send(first, { session: 'quiet' });
  // 24 sessions of 25 different prompts of 3,900 lines: what 100 of them would hold has no bound but the budget.
  for (let session = 0; session < 24; session += 1) {
    for (let turn = 0; turn < 25; turn += 1) {
      const lines = Array.from({ length: 3_900 }, (_, line) => `${session} ${turn} ${line}`).join('\n');
      await send({ ...first, system: lines }, { session: `s${session}` });
    }
  }
  expect(await send(other, { session: 'quiet', atMs: 60_000 })).toBeNull();
});
