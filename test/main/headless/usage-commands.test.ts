import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Handlers, Output } from '#shared/contract/contract.ts';
import { CorvusError } from '#shared/errors.ts';
import { detail } from '../../gallery/samples.ts';
import { parseCsv } from '../../support/parse-csv.ts';
import { localKey, requestId } from '../../support/store-fixture.ts';
import { ownedHome, run } from './cli-fixture.ts';

test('requests are exported page by page, as CSV or JSON, and an export ends where no one reads on', async () => {
  const page = (cursor: string | null) => ({
    rows: [detail({ tool: `=${cursor ?? 'first'}` })],
    nextCursor: cursor === null ? 'second' : null,
  });
  const read = vi.fn<Handlers['requests.export']>(async ({ cursor }) => page(cursor));
  const { home } = await ownedHome({ 'requests.export': read });
  const csv = parseCsv((await run(['export', 'requests', '--tool', '=Codex', '--home', home])).out);
  expect(csv.map(({ tool, cost_usd: cost, cache_read: cacheRead }) => [tool, cost, cacheRead])).toEqual([
    ["'=first", '0.0195075', '41000'],
    ["'=second", '0.0195075', '41000'],
  ]);
  expect(read.mock.calls.map(([{ filter, cursor }]) => [filter.tool, cursor])).toEqual([
    ['=Codex', null],
    ['=Codex', 'second'],
  ]);
  expect(JSON.parse((await run(['export', 'requests', '--json', '--home', home])).out)).toMatchObject([
    { tool: '=first' },
    { tool: '=second' },
  ]);
  read.mockClear();
  await run(['export', 'requests', '--home', home], '', null, () => read.mock.calls.length > 0);
  expect(read).toHaveBeenCalledOnce();
});

test('usage is shown and exported by what it is asked for', async () => {
  const { secretHash: _hash, ...key } = localKey({ label: 'editor' });
  const sums = {
    requests: 2,
    failures: 1,
    inputTokens: 10,
    cachedTokens: 4,
    outputTokens: 5,
    cost: '0.02',
    cacheSaved: '0.01',
    cacheLost: '0.003',
    unpriced: 1,
    totalMs: 4.4,
    firstByteMs: null,
  };
  const span = { fromMs: 1_800_000_000_000, toMs: 1_800_000_900_000 };
  const report = vi.fn<Handlers['usage.report']>(async () => ({
    span,
    before: span,
    total: sums,
    totalBefore: sums,
    rows: [{ value: key.id, sums, before: sums }],
    more: 0,
    buckets: [],
  }));
  const cacheBreak = {
    cause: 'system',
    at: 3,
    afterMs: 9_000,
    tokens: 8_100,
    lost: '0.04',
    before: requestId(),
  } as const;
  const lost = {
    id: requestId(),
    createdAtMs: 0,
    tool: 'Codex',
    modelRequested: 'm',
    session: 's',
    inputTokens: 9_000,
    cacheBreak,
  };
  const { home } = await ownedHome({
    'usage.report': report,
    'usage.cache-breaks': async () => [lost],
    'keys.list': async () => [key],
  });
  expect((await run(['usage', '--cache', '--home', home])).out).toMatch(
    /0\.04 +8100 .*Codex +m +The system prompt differs, first in line 3\. +req_/,
  );
  const shown = await run(['usage', '--by', 'key', '--range', 'month', '--project', '', '--home', home]);
  expect(shown.out).toMatch(
    /0\.02 USD of 2 requests, and 1 of unknown cost[^]*editor +0\.02 +1 +0\.02 +2 +10 +4 +5 +4 +1/,
  );
  expect(report.mock.lastCall?.[0]).toMatchObject({
    by: 'localKeyId',
    range: 'month',
    filter: { project: '', tool: null },
  });
  const [row] = parseCsv((await run(['export', 'usage', '--by', 'key', '--home', home])).out);
  expect(row).toMatchObject({
    dimension: 'key',
    value: key.id,
    name: 'editor',
    cost_usd: '0.02',
    cost_before_usd: '0.02',
    first_byte_ms: '',
  });
  expect(await run(['usage', '--range', 'ever', '--home', home])).toMatchObject({ code: 2 });
});

test('the sums of usage are all exported, however many values there are', async () => {
  const sums = { requests: 1, failures: 0, inputTokens: 1, cachedTokens: 0, outputTokens: 1, unpriced: 0 };
  const times = { totalMs: null, firstByteMs: null };
  const money = { cost: '0.01', cacheSaved: '0.00', cacheLost: '0.00' };
  const all = { ...sums, ...times, ...money };
  const rows = Array.from({ length: 1_001 }, (_, index) => ({ value: `session-${index}`, sums: all, before: all }));
  const span = { fromMs: 0, toMs: 1 };
  const { home } = await ownedHome({
    'usage.report': async ({ limit }) => ({
      span,
      before: span,
      total: all,
      totalBefore: all,
      buckets: [],
      rows: rows.slice(0, limit ?? undefined),
      more: 0,
    }),
  });
  const exported = parseCsv((await run(['export', 'usage', '--by', 'session', '--home', home])).out);
  expect(exported).toHaveLength(1_001);
});

test('what usage would have cost elsewhere is shown, with what has no price', async () => {
  const line = { cost: '1.88', isAtLeast: false, priced: 8, notPriced: 1, was: '7.00', wasUnknown: 2 };
  const ask = vi.fn<Handlers['usage.what-if']>(async ({ model }) => ({
    span: { fromMs: 1_800_000_000_000, toMs: 1_800_000_900_000 },
    metered: 9,
    unmetered: 3,
    alternatives: [
      { ...line, model: null, at: 'as-sent' },
      { ...line, model: null, at: 'prepaid', isAtLeast: true },
      { ...line, model, at: 'byok', cost: null },
    ],
    catalogueVersion: '2026-11-27.1',
    accountVersion: '2026-11-20.1',
  }));
  const { home } = await ownedHome({ 'usage.what-if': ask });
  const { out } = await run(['usage', '--what-if', 'claude-9', '--range', 'month', '--tool', 'Codex', '--home', home]);
  expect(out).toMatch(
    /9, and 3 of unknown usage[^]*where each went +as asked +1\.88 +7\.00 and 2 unknown +8 +1\nprepaid credit +as asked +at least 1\.88[^\n]*\nown keys +claude-9 +unknown/,
  );
  await run(['usage', '--what-if', '--home', home]);
  expect(ask.mock.calls.map(([{ range, model, filter }]) => [range, model, filter.tool])).toEqual([
    ['month', 'claude-9', 'Codex'],
    ['7d', null, null],
  ]);
});

test('a prompt or a body is estimated, and what is not known is no zero', async () => {
  const make = vi.fn<Handlers['estimates.make']>(async () => ({
    model: 'gpt-5.5',
    dialect: 'openai-chat',
    plan: null,
    input: { tokens: 9, prefixTokens: 0, tokenizer: 'o200k_base', isEstimate: false },
    output: { low: 10, median: 50, high: 90, requests: 100, from: 'key' },
    outputLimit: null,
    places: [
      {
        lane: 'byok',
        provider: 'own',
        model: 'gpt-5.5',
        isNext: true,
        isListed: true,
        cost: {
          input: '0.01',
          cachedInput: '0.002',
          cold: { low: '0.02', high: '0.03' },
          warm: { low: '0.012', high: '0.022' },
          most: '1.50',
        },
      },
      { lane: 'prepaid', provider: 'account', model: 'gpt-5.5', isNext: false, isListed: true, cost: null },
    ],
    catalogueVersion: '2026-11-27.1',
  }));
  const { home } = await ownedHome({ 'estimates.make': make });
  const shown = await run(['estimate', '--model', 'gpt-5.5', '--home', home], 'Say "hi"');
  expect(shown.out).toMatch(/9 tokens, counted by o200k_base[^]*10 to 90 tokens, from 100 answers to this key/);
  expect(shown.out).toMatch(/\* own +byok +gpt-5\.5 +0\.01 +0\.002 +0\.02 to 0\.03 +0\.012 to 0\.022 +1\.50/);
  expect(shown.out).toMatch(/account +prepaid +gpt-5\.5 +unknown +- +unknown/);
  await run(['estimate', '--model', 'other', '--home', home], '{"model":"gpt-5.5","input":"hi"}');
  expect(make.mock.calls.map(([{ body }]) => JSON.parse(body))).toEqual([
    { model: 'gpt-5.5', messages: [{ role: 'user', content: 'Say "hi"' }] },
    { model: 'other', input: 'hi' },
  ]);
  expect(await run(['estimate', '--home', home], 'hi')).toMatchObject({ code: 2 });
});

test('a body is read whole, wherever its pieces end, and behind a byte order mark', async () => {
  const make = vi.fn<Handlers['estimates.make']>(() => Promise.reject(new CorvusError('no_lane')));
  const { home } = await ownedHome({ 'estimates.make': make });
  const body = '{"model":"gpt-5.5","input":"né"}';
  const marked = Buffer.from(`\ufeff${body}`);
  const cut = marked.indexOf(0xa9);
  const file = join(home, 'body.json');
  await writeFile(file, marked);
  await run(['estimate', file, '--home', home]);
  await run(['estimate', '--home', home], [marked.subarray(0, cut), marked.subarray(cut)]);
  expect(make.mock.calls.map(([input]) => input.body)).toEqual([body, body]);
});

test('a month of expenses is written to a file, and prices are set as they were typed', async () => {
  const set = vi.fn<Handlers['prices.set']>(async () => sources);
  const setList = vi.fn<Handlers['prices.set-list']>(async () => sources);
  const sources: Output<'prices.get'> = {
    catalogue: { version: '2026-11-27.1', models: 3 },
    account: null,
    list: { source: '/lists/p.json', models: 2, skipped: 1, readAtMs: 0, problem: 'It is \u001b[2Jgone.' },
    own: [{ provider: null, model: 'm', prices: { input: '1', output: '2' }, setAtMs: 0 }],
  };
  const { home } = await ownedHome({
    'usage.month-file': async ({ month }) => ({ name: `corvus-${month}.pdf`, base64: btoa('%PDF') }),
    'prices.refresh': async () => sources,
    'prices.set': set,
    'prices.set-list': setList,
  });
  const path = join(home, 'november.pdf');
  expect(await run(['export', 'month', '2026-11', '--out', path, '--home', home])).toMatchObject({ code: 0 });
  expect(await readFile(path, 'utf8')).toBe('%PDF');
  // Of the person's money: for no one else to read, and never written to where a link leads.
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const link = join(home, 'link.pdf');
  await symlink(path, link);
  await writeFile(path, 'mine');
  expect(await run(['export', 'month', '2026-11', '--out', link, '--home', home])).toMatchObject({ code: 1 });
  expect(await readFile(path, 'utf8')).toBe('mine');
  expect(await run(['export', 'month', '2026-13', '--home', home])).toMatchObject({ code: 2 });
  expect(await run(['export', 'month', '2026-11', '--out', home, '--home', home])).toMatchObject({ code: 1 });

  const price = ['--input', '0.2', '--output', '0.8', '--cache-write', '0.25', '--provider', 'acme'];
  await run(['prices', 'set', 'm', ...price, '--home', home]);
  const prices = { input: '0.2', output: '0.8', cacheWrite5m: '0.25' };
  expect(set).toHaveBeenCalledExactlyOnceWith({ provider: 'acme', model: 'm', prices });
  expect(await run(['prices', 'set', 'm', '--input', '1,5', '--output', '2', '--home', home])).toMatchObject({
    code: 2,
  });
  for (const place of ['none', 'p.json', 'https://prices.example/p.json'])
    await run(['prices', 'source', place, '--home', home]);
  expect(setList.mock.calls.map(([{ source }]) => source)).toEqual([
    null,
    resolve('p.json'),
    'https://prices.example/p.json',
  ]);
  const { code, out } = await run(['prices', 'refresh', '--home', home]);
  expect([code, out]).toEqual([1, expect.stringContaining('! It is ?[2Jgone. The prices read before stay in use.')]);
});
