import { expect, test } from 'vitest';
import { noFilter, unset } from '#shared/contract/no-filter.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { requestDetailSchema, type RequestSummary } from '#shared/account/request.ts';
import { nanoUsd } from '#shared/money.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { eventually } from '../../support/eventually.ts';
import { begun, finished, localKey, noAttribution, openTestStore, requestId } from '../../support/store-fixture.ts';

const unitPrices = Object.fromEntries(
  [
    'freshInput',
    'cacheRead',
    'cacheWrite5m',
    'cacheWrite1h',
    'audioInput',
    'imageInput',
    'outputText',
    'outputReasoning',
    'outputAudio',
  ].map((name) => [name, '1.25']),
) as never;

test('a request goes from open to completed to settled, and is read back whole', async () => {
  await using opened = await openTestStore();
  const { requests, localKeys } = opened.store;
  const key = localKey();
  await localKeys.insert(key);
  const request = begun({ localKeyId: key.id, localKeyLabel: key.label });
  requests.begin(request);
  expect((await requests.get(request.id))?.status).toBe('open');
  expect((await localKeys.list())[0]?.lastUsedAtMs).toBe(request.createdAtMs);
  // However soon after: a tool that was connected again in between is proven by it.
  requests.begin(begun({ localKeyId: key.id, createdAtMs: request.createdAtMs + 1 }));
  expect((await localKeys.list())[0]?.lastUsedAtMs).toBe(request.createdAtMs + 1);
  // Whichever of those that are written together is told first.
  for (const laterMs of [3, 2])
    requests.begin(begun({ localKeyId: key.id, createdAtMs: request.createdAtMs + laterMs }));
  expect((await localKeys.list())[0]?.lastUsedAtMs).toBe(request.createdAtMs + 3);

  requests.finish(finished(request.id, { unitPrices }));
  const ended = requestDetailSchema.parse(await requests.get(request.id));
  expect(ended).toMatchObject({
    status: 'completed',
    costKind: 'pending',
    cost: '0.000001234',
    inputTokens: 15,
    outputTokens: 7,
    match: null,
    usage: makeUsage({ freshInput: 10, cacheRead: 5, outputText: 7 }),
    unitPrices,
    firstByteMs: 12.5,
    totalMs: 80.25,
    attempts: [{ number: 1, provider: 'account', firstByteMs: 11, totalMs: 79 }],
  });

  requests.settled({
    requestId: request.id,
    costNanoUsd: nanoUsd(1_234n),
    balanceAfterNanoUsd: nanoUsd(2_000_000_000n),
    modelServed: null,
    usage: null,
    usageSource: 'provider',
    unitPrices: null,
    catalogueVersion: null,
    billing: null,
    writtenOffNanoUsd: nanoUsd(0n),
    listedPrice: null,
  });
  await opened.store.mirror.applyLines('acc', [
    {
      sequence: 1,
      at: '2026-01-01T00:00:00Z',
      kind: 'usage',
      amount: '-0.000001234',
      balanceAfter: '2.00',
      requestId: request.id,
      orderId: null,
      description: 'gpt-5.5',
    },
  ]);
  expect(await requests.get(request.id)).toMatchObject({
    costKind: 'settled',
    settledCost: '0.000001234',
    balanceAfter: '2.00',
    match: 'agrees',
  });
});

test('an account that charges in credits: what was counted here agrees with its charge, and its two lines are one cost', async () => {
  await using opened = await openTestStore();
  const { requests, mirror } = opened.store;
  const request = begun();
  requests.begin(request);
  const usage = { ...makeUsage({ freshInput: 10, outputText: 7 }), webSearches: 2, serviceTier: 'flex' };
  const metered = nanoUsd(24_000_000n);
  requests.finish(
    finished(request.id, { usage, unitPrices, meteredCostNanoUsd: metered, settledCostNanoUsd: nanoUsd(30_000_000n) }),
  );
  requests.settled({
    requestId: request.id,
    costNanoUsd: nanoUsd(30_000_000n),
    balanceAfterNanoUsd: nanoUsd(1_970_000_000n),
    modelServed: null,
    usage,
    usageSource: 'provider',
    unitPrices,
    catalogueVersion: null,
    billing: { plan: 'credits', mode: 'chat', reserved: '0.01' },
    writtenOffNanoUsd: nanoUsd(0n),
    listedPrice: null,
  });
  const line = {
    at: '2026-01-01T00:00:00Z',
    kind: 'usage' as const,
    requestId: request.id,
    orderId: null,
    description: 'gpt-5.5',
  };
  await mirror.applyLines('acc', [
    { ...line, sequence: 1, amount: '-0.01', balanceAfter: '1.99' },
    { ...line, sequence: 2, amount: '-0.02', balanceAfter: '1.97' },
  ]);
  expect(await requests.get(request.id)).toMatchObject({
    usage,
    cost: '0.03',
    meteredCost: '0.024',
    settledCost: '0.03',
    balanceAfter: '1.97',
    billing: { plan: 'credits', mode: 'chat' },
    match: 'agrees',
  });
});

test('the first end of a request counts', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const request = begun();
  requests.begin(request);
  requests.finish(finished(request.id));
  const before = await requests.get(request.id);
  requests.finish(finished(request.id, { status: 'failed', meteredCostNanoUsd: nanoUsd(9n), attempts: [] }));
  expect(await requests.get(request.id)).toEqual(before);
});

test('money beyond what a float can hold comes back exactly', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const request = begun({ lane: 'byok', provider: 'openai' });
  requests.begin(request);
  requests.finish(finished(request.id, { meteredCostNanoUsd: nanoUsd(9_007_199_254_740_993n) }));
  expect((await requests.get(request.id))?.cost).toBe('9007199.254740993');
});

test('unknown is not zero: no usage and no cost read back as null', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const request = begun({ lane: 'byok', provider: 'openai' });
  requests.begin(request);
  requests.finish(
    finished(request.id, {
      lane: 'byok',
      provider: 'openai',
      usage: null,
      usageSource: 'missing',
      meteredCostNanoUsd: null,
    }),
  );
  expect(await requests.get(request.id)).toMatchObject({
    usage: null,
    inputTokens: null,
    cost: null,
    costKind: 'unknown',
    usageSource: 'missing',
  });
});

test('a request that a crash left open is interrupted at the next start, then gets the usage of its receipt', async () => {
  await using opened = await openTestStore();
  const [cut, done] = [begun(), begun()];
  opened.store.requests.begin(cut);
  opened.store.requests.begin(done);
  opened.store.requests.finish(finished(done.id));
  const { requests } = await opened.reopen();
  expect(await requests.closeOpen()).toEqual([{ id: cut.id, lane: 'prepaid' }]);
  expect(await requests.closeOpen()).toEqual([]);
  expect(await requests.get(cut.id)).toMatchObject({ status: 'interrupted', cost: null, costKind: 'pending' });

  const usage = makeUsage({ freshInput: 3, outputText: 1 });
  requests.settled({
    requestId: cut.id,
    costNanoUsd: nanoUsd(50n),
    balanceAfterNanoUsd: null,
    modelServed: 'gpt-5.5',
    usage,
    usageSource: 'estimated',
    unitPrices,
    catalogueVersion: '2026-11-20.1',
    billing: null,
    writtenOffNanoUsd: nanoUsd(0n),
    listedPrice: null,
  });
  expect(await requests.get(cut.id)).toMatchObject({
    usage,
    usageSource: 'estimated',
    cost: '0.00000005',
    costKind: 'settled',
    unitPrices,
  });
});

test('a refusal before any lane costs nothing and is listed', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const id = requestId();
  const refusal = {
    id,
    createdAtMs: 5,
    localKeyId: null,
    localKeyLabel: null,
    dialect: 'openai-chat',
    endpoint: '/v1/chat/completions',
    modelRequested: null,
    userAgent: null,
    ...noAttribution,
    httpStatus: 401,
    errorCode: 'invalid_api_key',
    errorMessage: 'No.',
  } as const;
  requests.refused(refusal);
  const { rows } = await requests.list(noFilter, null, 10);
  expect(rows).toMatchObject([
    { id, status: 'refused', lane: null, costKind: 'free', cost: '0.00', errorCode: 'invalid_api_key' },
  ]);
});

test('many that come together are all there, each with what is its own', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const all = Array.from({ length: 63 }, (_, index) =>
    begun({ modelRequested: `model-${index}`, requestBytes: index }),
  );
  for (const request of all) requests.begin(request);
  for (const { id } of all) requests.finish(finished(id));
  for (const { id, modelRequested, requestBytes } of all)
    expect(await requests.get(id)).toMatchObject({ status: 'completed', modelRequested, requestBytes });
  expect(await requests.sum(noFilter)).toMatchObject({ requests: 63, open: 0 });
});

test('one that the database refuses does not stop those that came with it', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const all = Array.from({ length: 40 }, (_, index) => begun(index === 17 ? { endpoint: null as never } : {}));
  for (const request of all) requests.begin(request);
  const { rows } = await requests.list(noFilter, null, 100);
  expect(rows.map(({ id }) => id)).toEqual(
    all
      .toSpliced(17, 1)
      .toReversed()
      .map(({ id }) => id),
  );
});

test('pages follow each other without gap or repetition, newest first', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const ids = Array.from({ length: 25 }, (_, index) => begun({ createdAtMs: 1_700_000_000_000 + index }));
  for (const request of ids) requests.begin(request);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { rows: RequestSummary[]; nextCursor: string | null } = await requests.list(noFilter, cursor, 10);
    seen.push(...page.rows.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(ids.map(({ id }) => id).reverse());
});

test('filters and search find exactly the matching rows', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const a = begun({
    modelRequested: 'claude-sonnet-4-5',
    dialect: 'anthropic-messages',
    createdAtMs: 1_700_000_000_000,
  });
  const b = begun({ modelRequested: 'gpt-5.5', lane: 'byok', provider: 'openai', createdAtMs: 1_700_000_060_000 });
  const c = begun({
    modelRequested: 'gpt-5.5-mini',
    lane: 'local',
    provider: 'ollama',
    createdAtMs: 1_700_000_120_000,
  });
  for (const request of [a, b, c]) requests.begin(request);
  requests.finish(finished(b.id, { status: 'failed', lane: 'byok', provider: 'openai' }));
  const find = async (filter: Partial<RequestFilter>) =>
    (await requests.list({ ...noFilter, ...filter }, null, 10)).rows.map(({ id }) => id);
  expect(await find({ search: 'GPT' })).toEqual([c.id, b.id]);
  expect(await find({ search: 'sonnet' })).toEqual([a.id]);
  expect(await find({ search: b.id.slice(0, 20) })).toContain(b.id);
  expect(await find({ search: b.id })).toEqual([b.id]);
  expect(await find({ search: '100%_' })).toEqual([]);
  expect(await find({ search: 'gpt', lane: 'local' })).toEqual([c.id]);
  expect(await find({ status: 'failed' })).toEqual([b.id]);
  expect(await find({ provider: 'ollama', model: 'gpt-5.5' })).toEqual([]);
  expect(await find({ fromMs: 1_700_000_060_000, toMs: 1_700_000_120_000 })).toEqual([b.id]);
  expect(await requests.facets()).toEqual({
    models: ['claude-sonnet-4-5', 'gpt-5.5', 'gpt-5.5-mini'],
    providers: ['account', 'ollama', 'openai'],
    tools: [],
    projects: [],
    hasCharges: false,
  });
});

test('requests are found by what they belong to, and by having none', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const a = begun({
    tool: 'Codex',
    project: 'site',
    session: 's1',
    agent: 'review',
    tags: { team: 'search=1', note: 'x' },
  });
  const b = begun({ tool: 'Codex', session: 's1', tags: { team: 'ads' } });
  const c = begun({ tool: 'Claude Code', project: 'site' });
  for (const request of [a, b, c]) requests.begin(request);
  for (const [request, status] of [[b, 'truncated'] as const, [c, 'completed'] as const])
    requests.finish(finished(request.id, { status }));
  const find = async (filter: Partial<RequestFilter>) =>
    (await requests.list({ ...noFilter, ...filter }, null, 10)).rows.map(({ id }) => id);
  expect(await find({ tool: 'Codex' })).toEqual([b.id, a.id]);
  expect(await find({ project: 'site' })).toEqual([c.id, a.id]);
  expect(await find({ project: unset })).toEqual([b.id]);
  expect(await find({ session: 's1', agent: 'review' })).toEqual([a.id]);
  expect(await find({ agent: unset })).toEqual([c.id, b.id]);
  expect(await find({ tag: 'team' })).toEqual([b.id, a.id]);
  expect(await find({ tag: 'Team = search=1' })).toEqual([a.id]);
  expect(await find({ tag: 'a"b' })).toEqual([]);
  expect(await find({ status: 'failures' })).toEqual([b.id]);
  expect(await find({ status: 'ended', project: 'site' })).toEqual([c.id]);
  expect(await requests.facets()).toMatchObject({ tools: ['Claude Code', 'Codex'], projects: ['site'] });
  expect(await requests.get(a.id)).toMatchObject({ tool: 'Codex', tags: { team: 'search=1', note: 'x' } });
});

test('old rows are deleted a bounded number at a time, oldest first, and open ones stay', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const rows = [0, 1, 2, 3, 4].map((index) => begun({ createdAtMs: 1_700_000_100_000 + index * 900_000 }));
  for (const row of rows) requests.begin(row);
  for (const row of rows.slice(1)) requests.finish(finished(row.id));
  const left = async () =>
    (await requests.list(noFilter, null, 10)).rows.map(({ id }) => rows.findIndex((row) => row.id === id));
  expect(await requests.deleteBefore(1_700_003_700_000 + 4, 2)).toBe(2);
  expect(await left()).toEqual([4, 3, 0]);
  expect(await requests.deleteBefore(1_700_003_700_000 + 4, 2)).toBe(1);
  expect(await requests.deleteBefore(1_700_003_700_000 + 4, 2)).toBe(0);
  expect(await left()).toEqual([4, 0]);
});

test('every commit reports the rows it changed, once each and as they are after it', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const reported: [string, string][] = [];
  requests.onChanged((rows) => reported.push(...rows.map(({ id, status }): [string, string] => [id, status])));
  const [short, long] = [begun(), begun()];
  requests.begin(short);
  requests.finish(finished(short.id));
  requests.begin(long);
  await requests.get(long.id);
  requests.finish(finished(long.id));
  // No read asks for it: it is written a moment later.
  await eventually(() => expect(reported).toHaveLength(3));
  expect(reported).toEqual([
    [short.id, 'completed'],
    [long.id, 'open'],
    [long.id, 'completed'],
  ]);
});
