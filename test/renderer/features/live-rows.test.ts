import { expect, test } from 'vitest';
import { noFilter, unset } from '#shared/contract/no-filter.ts';
import { type RequestSummary, requestSummarySchema } from '#shared/account/request.ts';
import { firstOfKey } from '../../../src/renderer/components/connect-tool/first-of-key.ts';
import { applyChanges, insertOnTop, matchesFilter } from '../../../src/renderer/features/requests/live-rows.ts';
import { readFilter } from '../../../src/renderer/lib/read-filter.ts';
import { isFiltered, requestsAddress } from '../../../src/renderer/lib/requests-address.ts';

function row(number: number, change: Partial<RequestSummary> = {}): RequestSummary {
  return requestSummarySchema.parse({
    id: `req_${number.toString(16).padStart(12, '0')}7000800000000000000a`.slice(0, 36),
    createdAtMs: number,
    localKeyId: 'key',
    localKeyLabel: 'Editor',
    dialect: 'openai-chat',
    modelRequested: 'corvus/echo',
    modelServed: 'corvus/echo',
    lane: 'prepaid',
    provider: 'corvusllm',
    status: 'open',
    httpStatus: null,
    refusedBy: null,
    errorCode: null,
    isStream: true,
    inputTokens: null,
    outputTokens: null,
    usageSource: null,
    cost: null,
    costKind: 'pending',
    totalMs: null,
    tool: null,
    project: null,
    session: null,
    agent: null,
    tags: {},
    envelopeIds: [],
    match: null,
    ...change,
  });
}

const pages = [
  { rows: [row(60), row(50)], nextCursor: 'a' },
  { rows: [row(40), row(30)], nextCursor: null },
];

test('a changed row takes the place of the old one and leaves other pages untouched', () => {
  const settled = row(40, { status: 'completed', cost: '0.0125', costKind: 'settled' });
  const result = applyChanges(pages, [settled, row(70)]);
  expect(result.pages[0]).toBe(pages[0]);
  expect(result.pages[1]?.rows).toEqual([settled, row(30)]);
  expect(result.unknown).toEqual([row(70)]);
});

test('new rows come newest first, and rows older than what is loaded are left alone', () => {
  const result = applyChanges(pages, [row(80), row(90), row(10)]);
  expect(result.unknown).toEqual([row(90), row(80)]);
  expect(result.pages).toEqual(pages);
  expect(insertOnTop(result.pages, result.unknown)[0]?.rows).toEqual([row(90), row(80), row(60), row(50)]);
});

test('the first request of all goes into an empty list', () => {
  const empty = [{ rows: [], nextCursor: null }];
  const { pages: same, unknown } = applyChanges(empty, [row(1)]);
  expect(insertOnTop(same, unknown)).toEqual([{ rows: [row(1)], nextCursor: null }]);
});

test('a live row is shown only where the filter would have found it', () => {
  expect(matchesFilter(row(1), noFilter)).toBe(true);
  expect(matchesFilter(row(1), { ...noFilter, lane: 'byok' })).toBe(false);
  expect(matchesFilter(row(1), { ...noFilter, search: 'ECHO' })).toBe(true);
  expect(matchesFilter(row(1), { ...noFilter, search: 'req_000000000001' })).toBe(true);
  expect(matchesFilter(row(1), { ...noFilter, search: 'sonnet' })).toBe(false);
  const own = row(1, { project: 'site', status: 'failed', tags: { team: 'ads' } });
  expect(matchesFilter(own, { ...noFilter, project: 'site', status: 'failures', tag: 'team=ads' })).toBe(true);
  expect(matchesFilter(row(1), { ...noFilter, project: unset })).toBe(true);
  for (const filter of [
    { project: unset },
    { status: 'open' as const },
    { tag: 'team=search' },
    { session: 's1' },
    { match: 'faulty' as const },
  ]) {
    expect(matchesFilter(own, { ...noFilter, ...filter })).toBe(false);
  }
  expect(matchesFilter(row(1), { ...noFilter, status: 'ended' })).toBe(false);
});

test('a view survives its address, and a broken address is no view', () => {
  const view = {
    ...noFilter,
    lane: 'byok' as const,
    model: 'a/b&c',
    search: 'é +',
    project: unset,
    fromMs: 1_700_000_000_000,
  };
  expect(readFilter(new URL(requestsAddress(view), 'http://x').searchParams)).toEqual(view);
  expect([isFiltered(view), isFiltered(noFilter), requestsAddress({})]).toEqual([true, false, '/requests']);
  expect(readFilter(new URLSearchParams('lane=everything&status=x&from=soon&tag=&search='))).toEqual(noFilter);
});

test('a tool that is connected again is proven by a request that began since', () => {
  const rows = [row(1), row(3, { localKeyId: null }), row(2)];
  expect(firstOfKey(rows, 'key', 2)?.createdAtMs).toBe(2);
  expect(firstOfKey(rows, 'key', 3)).toBeUndefined();
});
