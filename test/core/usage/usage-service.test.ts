import { expect, test } from 'vitest';
import { createUsageService } from '#core/usage/usage-service.ts';
import { anyUsage, noFilter } from '#shared/contract/no-filter.ts';
import { nanoUsd } from '#shared/money.ts';
import { unitPricesFor } from '#shared/metering/price-usage.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { begun, finished, openTestStore, realClock } from '../../support/store-fixture.ts';

const nowMs = Date.parse('2026-11-28T10:40:00Z');
const hourMs = 3_600_000;
const clock = { ...realClock, nowMs: () => nowMs };

const unitPrices = unitPricesFor({ prices: { input: '1.00', cacheRead: '0.10', output: '2.00' } }, 40);
const broken = { cause: 'system', at: 3, afterMs: 9_000, tokens: 2_000, lost: '0.004' } as const;

test('a report says what each value was, in the span and before, and every sum is that of its list', async () => {
  await using opened = await openTestStore();
  const { store } = opened;
  const send = (agoMs: number, tool: string, cost: bigint | null, status: 'completed' | 'failed' = 'completed') => {
    const request = begun({ createdAtMs: nowMs - agoMs, tool, lane: 'byok', provider: 'openai' });
    store.requests.begin(request);
    const metered = cost === null ? null : nanoUsd(cost);
    const usage = makeUsage({ freshInput: 10, cacheRead: 30, outputText: 5 });
    const change = {
      lane: 'byok',
      provider: 'openai',
      status,
      meteredCostNanoUsd: metered,
      usage,
      unitPrices,
      cacheBreak: tool === 'Codex' && cost !== null ? { ...broken, before: request.id } : null,
      totalMs: 100,
      firstByteMs: 40,
    } as const;
    store.requests.finish(finished(request.id, change));
  };
  send(hourMs, 'Codex', 5_000n);
  send(2 * hourMs, 'Codex', null);
  send(3 * hourMs, 'Claude Code', 9_000n);
  send(3 * hourMs, 'Claude Code', 0n, 'failed');
  send(26 * hourMs, 'Codex', 1_000n);
  // Later in the day before: not yet comparable.
  send(20 * hourMs, 'Codex', 2_000n);
  const { handlers } = createUsageService({ store, clock });

  const input = { timeZone: 'UTC', range: 'today', by: 'tool', filter: anyUsage, sort: 'cost', limit: 10 } as const;
  const report = await handlers['usage.report'](input);
  expect(report.rows.map(({ value, sums, before }) => [value, sums.cost, sums.requests, before.cost])).toEqual([
    ['Claude Code', '0.000009', 2, '0.00'],
    ['Codex', '0.000005', 2, '0.000001'],
  ]);
  expect(report.total).toEqual({
    requests: 4,
    failures: 1,
    inputTokens: 160,
    cachedTokens: 120,
    outputTokens: 20,
    cost: '0.000014',
    // 30 tokens of each at $0.10 instead of $1.
    cacheSaved: '0.000108',
    cacheLost: '0.004',
    unpriced: 1,
    totalMs: 100,
    firstByteMs: 40,
  });
  expect(report.totalBefore).toMatchObject({ requests: 1, cost: '0.000001' });
  expect(report.buckets).toHaveLength(24);
  expect(report.buckets[7]?.parts).toEqual([
    { value: 'Claude Code', cost: '0.000009', requests: 2, failures: 1, tokens: 90 },
  ]);
  for (const { value, sums } of report.rows) {
    const { fromMs, toMs } = report.span;
    expect(await handlers['requests.sum']({ filter: { ...noFilter, tool: value, fromMs, toMs } })).toEqual({
      ...sums,
      open: 0,
    });
  }
  const failures = await handlers['requests.sum']({ filter: { ...noFilter, status: 'failures' } });
  expect(failures).toMatchObject({ requests: 1, failures: 1, cost: '0.00', open: 0 });

  // The sums of requests whose cache was lost come from their rows, and agree with those of the rollups.
  const ofLost = { ...noFilter, cost: 'lost-cache' as const, tool: 'Codex', ...report.span };
  expect(await handlers['requests.sum']({ filter: ofLost })).toMatchObject({ requests: 1, cacheLost: '0.004' });
  const breaks = await handlers['usage.cache-breaks']({ timeZone: 'UTC', range: '7d', filter: anyUsage, limit: 10 });
  expect(breaks.map(({ tool, cacheBreak }) => [tool, cacheBreak.lost, cacheBreak.at])).toEqual(
    Array.from({ length: 3 }, () => ['Codex', '0.004', 3]),
  );

  const shortened = await handlers['usage.report']({
    ...input,
    by: 'model',
    filter: { ...anyUsage, tool: 'Codex' },
    sort: 'requests',
    limit: 1,
  });
  expect(shortened).toMatchObject({ rows: [{ value: 'gpt-5.5' }], more: 0, total: { requests: 2, cost: '0.000005' } });
  const tools = async (limit: number | null) => {
    const { rows, more } = await handlers['usage.report']({ ...input, limit });
    return [rows.map(({ value }) => value), more];
  };
  expect(await tools(1)).toEqual([['Claude Code'], 1]);
  expect(await tools(null)).toEqual([['Claude Code', 'Codex'], 0]);
});
