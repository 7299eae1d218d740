import { expect, test } from 'vitest';
import { standardTariffs } from '#backend/pricing/tariffs.ts';
import type { EnvelopeState, EnvelopeTerms } from '#shared/domain/envelope.ts';
import { type NanoUsd, parseUsd, usdText, nanoUsd, sumUsd, zeroUsd } from '#shared/money.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { eventually } from '../../support/eventually.ts';
import { startTestBackend } from '../../support/start-test-backend.ts';
import { chatUsage, startMockUpstreamOfOwnKey } from './own-key.ts';
import { type RunningCore, startCore } from '../gateway/start-core.ts';

const hello = {
  model: 'gpt-5.5',
  messages: [{ role: 'user' as const, content: 'Hello' }],
  max_tokens: chatUsage.completion_tokens,
};
/** What the mock's answer costs at the prices of gpt-5.5: 15 fresh, 4 cached, 10 answered. */
const costOfOne = parseUsd('0.000377') ?? zeroUsd;

const terms: EnvelopeTerms = {
  name: 'Everything',
  scope: { kind: 'everything' },
  limit: '5.00',
  period: 'day',
  timeZone: 'Europe/Berlin',
  allowsUnpriced: false,
};

const dollars = (text: string): NanoUsd => parseUsd(text) ?? zeroUsd;

async function stateOf(core: RunningCore, id: EnvelopeState['id']): Promise<EnvelopeState> {
  const found = (await core.handlers['envelopes.list'](undefined)).find((envelope) => envelope.id === id);
  if (!found) throw new Error('the envelope is gone');
  return found;
}

/** Resolves to the codes of the refusals; null for an answer. */
async function askMany(
  core: RunningCore,
  key: string,
  count: number,
  body: object = hello,
): Promise<(string | null)[]> {
  const asked = Array.from({ length: count }, async () => {
    const reply = await fetch(`${core.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await reply.json()) as { error?: { code: string; reason?: string } };
    return answer.error ? `${reply.status} ${answer.error.code} ${answer.error.reason ?? ''}`.trim() : null;
  });
  return Promise.all(asked);
}

test('500 requests at once with a key of one’s own, at an envelope that covers 100: never above it', async () => {
  const core = await startCore();
  const { upstream, key } = await startMockUpstreamOfOwnKey(core);
  const limit = nanoUsd(costOfOne * 100n);
  const { id } = await core.handlers['envelopes.create']({ ...terms, limit: usdText(limit) });
  const codes = await askMany(core, key, 500);
  const answered = codes.filter((code) => code === null).length;
  expect(answered).toBe(upstream.received.length);
  expect(answered).toBeGreaterThan(90);
  expect(BigInt(answered) * costOfOne).toBeLessThanOrEqual(limit);
  expect(new Set(codes.filter((code) => code !== null))).toEqual(new Set(['402 insufficient_credits envelope']));
  const { spent, held } = await stateOf(core, id);
  expect([dollars(spent), held]).toEqual([BigInt(answered) * costOfOne, '0.00']);
  const { rows } = await core.handlers['requests.list']({
    filter: { ...noFilter, status: 'completed' },
    cursor: null,
    limit: 500,
  });
  expect(sumUsd(rows.map(({ cost }) => dollars(cost ?? '0')))).toBe(dollars(spent));
});

test('500 prepaid requests at once, at an envelope that covers 100: the account charges no more than that', async () => {
  const core = await startCore();
  const key = await core.newKey('prepaid');
  const body = { model: 'corvus/echo', messages: [{ role: 'user', content: '#echo tokens 20' }], max_tokens: 20 };
  const before = dollars(await core.balance());
  expect(await askMany(core, key, 1, body)).toEqual([null]);
  const one = nanoUsd(before - dollars(await core.balance()));
  const limit = nanoUsd(one * 100n);
  const { id } = await core.handlers['envelopes.create']({ ...terms, limit: usdText(limit) });
  const codes = await askMany(core, key, 500, body);
  const charged = before - one - dollars(await core.balance());
  expect(charged).toBeLessThanOrEqual(limit);
  expect(charged).toBeGreaterThan(limit / 2n);
  expect(new Set(codes)).toEqual(new Set([null, '402 insufficient_credits envelope']));
  await eventually(async () => expect(dollars((await stateOf(core, id)).spent)).toBe(charged));
});

test('an answer in the background costs what was held for it: no one says here what it cost', async () => {
  const core = await startCore();
  const { upstream, key } = await startMockUpstreamOfOwnKey(core, { dialects: ['openai-responses'] });
  const { id } = await core.handlers['envelopes.create'](terms);
  const queued = { id: 'resp_1', object: 'response', status: 'queued', model: 'gpt-5.5', output: [], usage: null };
  upstream.script({ status: 200, body: JSON.stringify(queued) });
  const reply = await fetch(`${core.url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5.5', input: 'Hello', background: true, max_output_tokens: 100_000 }),
  });
  expect(await reply.json()).toEqual(queued);
  expect(await core.newest()).toMatchObject({ status: 'completed', usage: null, cost: null });
  const { spent, held } = await stateOf(core, id);
  expect(held).toBe('0.00');
  expect(dollars(spent)).toBeGreaterThanOrEqual(dollars('3.00'));
});

test.each([
  ['priced', null],
  ['free', { input: '0', output: '0' }],
])(
  '100 requests at once for a %s model of an account that pays in credits, at an envelope of ten: no more is charged',
  async (_what, change) => {
    const parsed = parseCatalogue(catalogue);
    const models = parsed.models.map((model) => ({ ...model, prices: change ?? model.prices }));
    await using backend = await startTestBackend({
      priceCatalogue: { ...parsed, models },
      tariffs: { ...standardTariffs, plan: 'credits' },
    });
    const core = await startCore();
    await core.handlers['account.connect']({ baseUrl: backend.baseUrl, customerKey: backend.customerKey });
    const before = dollars(await core.balance());
    const { id } = await core.handlers['envelopes.create']({ ...terms, limit: '0.105' });
    const body = { model: 'corvus/echo', messages: [{ role: 'user', content: '#echo tokens 20' }], max_tokens: 20 };
    const codes = await askMany(core, await core.newKey('prepaid'), 100, body);
    expect(codes.filter((code) => code === null)).toHaveLength(10);
    expect(before - dollars(await core.balance())).toBe(dollars('0.10'));
    await eventually(async () => expect(await stateOf(core, id)).toMatchObject({ spent: '0.10', held: '0.00' }));
  },
);

test('streams one after the other, of an account that pays in credits, count whole ones at once', async () => {
  await using backend = await startTestBackend({ tariffs: { ...standardTariffs, plan: 'credits' } });
  const core = await startCore();
  await core.handlers['account.connect']({ baseUrl: backend.baseUrl, customerKey: backend.customerKey });
  await core.balance();
  const { id } = await core.handlers['envelopes.create']({ ...terms, limit: '0.105' });
  const key = await core.newKey('prepaid');
  const body = {
    model: 'corvus/echo',
    stream: true,
    messages: [{ role: 'user', content: '#echo tokens 20' }],
    max_tokens: 20,
  };
  const seen: [status: number, spent: string][] = [];
  for (let count = 0; count < 12; count += 1) {
    const reply = await fetch(`${core.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    await reply.text();
    seen.push([reply.status, (await stateOf(core, id)).spent]);
  }
  expect(seen.map(([status]) => status)).toEqual([...Array.from({ length: 10 }, () => 200), 402, 402]);
  expect(seen.map(([, spent]) => dollars(spent) / dollars('0.01'))).toEqual([
    1n,
    2n,
    3n,
    4n,
    5n,
    6n,
    7n,
    8n,
    9n,
    10n,
    10n,
    10n,
  ]);
});

test('requests that a model on this machine answers are free: no envelope stops them', async () => {
  const core = await startCore();
  const { upstream, key } = await startMockUpstreamOfOwnKey(core, { isLocal: true });
  const { id } = await core.handlers['envelopes.create']({ ...terms, limit: '0.000001' });
  expect(new Set(await askMany(core, key, 500, { ...hello, model: 'a-local-model' }))).toEqual(new Set([null]));
  expect(upstream.received).toHaveLength(500);
  expect((await stateOf(core, id)).spent).toBe('0.00');
});

test('a refusal names the envelope, its sums and how to go on; raise, pause, reset and removal take effect at once', async () => {
  const core = await startCore();
  const { upstream, key } = await startMockUpstreamOfOwnKey(core);
  const ask = async () => (await askMany(core, key, 1))[0];
  const wide = await core.handlers['envelopes.create']({ ...terms, name: 'Wide', limit: '1.00', period: 'once' });
  const { id } = await core.handlers['envelopes.create']({
    ...terms,
    name: 'Opus',
    scope: { kind: 'model', pattern: 'gpt-5*' },
    limit: '0.0005',
  });
  expect(await ask()).toBeNull();
  const { client, calls } = core.openai(key);
  const refusal = await client.chat.completions.create(hello).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 402, code: 'insufficient_credits' });
  expect(calls()).toBe(1);
  const { error, headers } = refusal as { error: Record<string, unknown>; headers: Headers };
  expect(error).toMatchObject({
    reason: 'envelope',
    envelope: id,
    scope: 'model gpt-5*',
    limit: '0.0005',
    spent: '0.000377',
    held: '0.00',
  });
  expect(error['message']).toMatch(
    /^The envelope "Opus" \(model gpt-5\*\) allows \$0\.0005 a day: \$0\.000377 is spent .* It resets on \d{4}-\d\d-\d\d 00:00 \(Europe\/Berlin\)\. Raise, pause/,
  );
  expect(headers.get('x-should-retry')).toBe('false');
  expect(await core.row(headers.get('x-request-id'))).toMatchObject({
    status: 'refused',
    errorCode: 'insufficient_credits',
  });

  const refused = '402 insufficient_credits envelope';
  await core.handlers['envelopes.change']({ id, limit: '0.001' });
  expect(await ask()).toBeNull();
  expect(await ask()).toBe(refused);
  await core.handlers['envelopes.change']({ id, isPaused: true });
  expect(await ask()).toBeNull();
  await core.handlers['envelopes.change']({ id, isPaused: false });
  expect(await stateOf(core, id)).toMatchObject({ spent: '0.001131', left: '0.00' });
  expect(await ask()).toBe(refused);
  await core.handlers['envelopes.reset']({ id });
  expect(await stateOf(core, id)).toMatchObject({ spent: '0.00' });
  expect(await ask()).toBeNull();
  expect(await stateOf(core, wide.id)).toMatchObject({ spent: usdText(nanoUsd(costOfOne * 4n)), resetsAtMs: null });
  await core.handlers['envelopes.remove']({ id });
  expect(await askMany(core, key, 3)).toEqual([null, null, null]);
  expect(upstream.received).toHaveLength(7);
  expect(core.notifications.map(({ title }) => title)).toEqual([
    'Envelope "Opus": 50 % spent',
    'Envelope "Opus" is used up',
  ]);
});

test('a model without a price is refused under an envelope, unless it lets such requests pass', async () => {
  const core = await startCore();
  const { key } = await startMockUpstreamOfOwnKey(core);
  const { id } = await core.handlers['envelopes.create'](terms);
  const unpriced = { ...hello, model: 'a-model-without-a-price' };
  expect(await askMany(core, key, 1, unpriced)).toEqual(['400 model_not_priced']);
  await core.handlers['envelopes.change']({ id, allowsUnpriced: true });
  expect(await askMany(core, key, 1, unpriced)).toEqual([null]);
  expect(await stateOf(core, id)).toMatchObject({ spent: '0.00', held: '0.00' });
});

test('keys, projects, sessions and providers: each envelope pays for its own', async () => {
  const core = await startCore();
  const { upstream, key } = await startMockUpstreamOfOwnKey(core);
  const [{ id: keyId } = { id: '' }] = await core.handlers['keys.list'](undefined);
  const scopes: EnvelopeTerms['scope'][] = [
    { kind: 'key', keyId: keyId as never },
    { kind: 'project', name: 'web*' },
    { kind: 'session', id: 'session-1' },
    { kind: 'provider', providerId: 'mine' },
    { kind: 'provider', providerId: 'account' },
  ];
  const made = [];
  for (const scope of scopes) made.push(await core.handlers['envelopes.create']({ ...terms, scope }));
  const { client } = core.openai(key);
  await client.chat.completions.create(hello, {
    headers: { 'x-corvus-tag-project': 'website', 'x-claude-code-session-id': 'session-1' },
  });
  await client.chat.completions.create({ ...hello, prompt_cache_key: 'session-2' });
  const spent = await Promise.all(made.map(async ({ id }) => dollars((await stateOf(core, id)).spent) / costOfOne));
  expect(spent).toEqual([2n, 1n, 1n, 2n, 0n]);
  const rows = await core.handlers['requests.list']({ filter: noFilter, cursor: null, limit: 2 });
  const details = await Promise.all(rows.rows.map(({ id }) => core.row(id)));
  expect(details.map(({ project, session }) => [project, session])).toEqual([
    [null, 'session-2'],
    ['website', 'session-1'],
  ]);
  expect(upstream.received[0]?.headers['x-corvus-tag-project']).toBeUndefined();
});

test('a limit is kept as an amount of money, however it was typed', async () => {
  const core = await startCore();
  const { id, limit } = await core.handlers['envelopes.create']({ ...terms, limit: '5' });
  const changed = await core.handlers['envelopes.change']({ id, limit: '7.5' });
  expect([limit, changed.limit]).toEqual(['5.00', '7.50']);
});

test('an envelope for a key or a provider that does not exist is refused: it would limit nothing', async () => {
  const core = await startCore();
  const { key } = await core.handlers['keys.create']({ label: 'Old', route: 'auto' });
  await core.handlers['keys.revoke']({ id: key.id });
  const scopes: EnvelopeTerms['scope'][] = [
    { kind: 'key', keyId: 'lk_mistyped' as never },
    { kind: 'key', keyId: key.id },
    { kind: 'provider', providerId: 'opneai' },
  ];
  for (const scope of scopes)
    await expect(core.handlers['envelopes.create']({ ...terms, scope })).rejects.toMatchObject({ code: 'not_found' });
  expect(await core.handlers['envelopes.list'](undefined)).toEqual([]);
});

test('an answer is shortened to what is left, and the client and the row are told', async () => {
  const core = await startCore();
  const { upstream, key } = await startMockUpstreamOfOwnKey(core);
  const { id } = await core.handlers['envelopes.create']({ ...terms, limit: '0.01' });
  const { client } = core.openai(key);
  const long = { model: 'gpt-5.5', messages: hello.messages };
  const { response } = await client.chat.completions.create({ ...long, max_tokens: 4_000 }).withResponse();
  const limit = Number(response.headers.get('x-corvus-output-limit'));
  expect(limit).toBeGreaterThan(250);
  expect(BigInt(limit) * 30_000n).toBeLessThan(dollars('0.01'));
  expect(response.headers.get('x-corvus-limited-by')).toBe(id);
  expect(JSON.parse(String(upstream.received[0]?.body))).toEqual({ ...long, max_tokens: limit });
  expect(await core.row(response.headers.get('x-corvus-request-id'))).toMatchObject({
    outputLimit: limit,
    limitedBy: id,
    envelopeIds: [id],
  });

  // Without a limit of its own, gpt-5.5 must be told one, by the name that it knows.
  await client.chat.completions.create(long);
  expect(JSON.parse(String(upstream.received[1]?.body))).toEqual({
    ...long,
    max_completion_tokens: expect.any(Number),
  });

  const claude = { model: 'claude-opus-4-5', messages: hello.messages, max_tokens: 4_000 };
  await core.anthropic(key).client.messages.create({ ...claude, thinking: { type: 'enabled', budget_tokens: 2_048 } });
  const sent = JSON.parse(String(upstream.received[2]?.body));
  expect(sent.max_tokens).toBeLessThan(400);
  expect(sent.thinking).toEqual({ type: 'disabled' });
});

test('money that others hold is waited for', async () => {
  const core = await startCore();
  const { upstream, key } = await startMockUpstreamOfOwnKey(core);
  const { id } = await core.handlers['envelopes.create']({ ...terms, limit: '0.0006' });
  const gate = Promise.withResolvers<void>();
  upstream.script({ beforePiece: () => gate.promise });
  const arrived = upstream.nextRequest();
  const first = askMany(core, key, 1);
  await arrived;
  const held = await stateOf(core, id);
  expect(dollars(held.held)).toBeGreaterThan(costOfOne);
  const second = askMany(core, key, 1, { ...hello, max_tokens: 5 });
  gate.resolve();
  expect([await first, await second]).toEqual([[null], ['402 insufficient_credits envelope']]);
  expect(upstream.received).toHaveLength(1);
});

test('of changes of an envelope at the same time none takes another back', async () => {
  const { handlers } = await startCore();
  const { id } = await handlers['envelopes.create'](terms);
  await Promise.all([
    handlers['envelopes.change']({ id, name: 'Renamed' }),
    handlers['envelopes.change']({ id, isPaused: true }),
    handlers['envelopes.reset']({ id }),
  ]);
  expect(await handlers['envelopes.list'](undefined)).toEqual([
    expect.objectContaining({ name: 'Renamed', isPaused: true }),
  ]);
});
