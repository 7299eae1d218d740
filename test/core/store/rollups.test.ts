import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WriteDb } from '#core/store/database/database.ts';
import { openDatabase } from '#core/store/database/open-database.ts';
import { applyLedgerLines } from '#core/store/statement/ledger-lines-table.ts';
import { RequestBatch } from '#core/store/requests/request-batch.ts';
import type { RequestRecord } from '#core/store/requests/request-records.ts';
import { closeOpenRequests, deleteRequestsBefore } from '#core/store/requests/requests-table.ts';
import { sumRequests } from '#core/store/requests/request-sums.ts';
import { countsSql, sumBilled, sumSpans } from '#core/store/requests/rollups-table.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { anyUsage, noFilter, unset } from '#shared/contract/no-filter.ts';
import { unitPricesFor } from '#shared/metering/price-usage.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { begun, finished, noAttribution, requestId, temporaryFolder } from '../../support/store-fixture.ts';

const unitPrices = unitPricesFor({ prices: { input: '1000.00', cacheRead: '0.10', output: '2.00' } }, 1);
const cacheBreak = {
  cause: 'unknown' as const,
  at: null,
  afterMs: 1,
  tokens: 2_000,
  lost: '0.004',
  before: requestId(),
};
const startMs = 1_700_000_100_000;
const moments = [startMs, startMs + 1, startMs + 900_000, startMs + 86_400_000];

type Step = {
  kind: 'begin' | 'finish' | 'settle' | 'name' | 'fetch' | 'line' | 'refuse' | 'crash';
  which: number;
  amount: number;
  lane: 'prepaid' | 'byok' | 'local';
  isKnown: boolean;
};
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('begin', 'begin', 'finish', 'finish', 'settle', 'name', 'fetch', 'line', 'refuse', 'crash'),
  which: fc.nat(5),
  amount: fc.nat(1_000_000),
  lane: fc.constantFrom('prepaid', 'byok', 'local'),
  isKnown: fc.boolean(),
});

/** Applies what happened as one batch. */
function apply(db: WriteDb, ...records: RequestRecord[]) {
  const batch = new RequestBatch(db);
  for (const record of records) batch.apply(record);
  return batch.write();
}

const counts = [
  'requests',
  'failures',
  'input_tokens',
  'cached_tokens',
  'output_tokens',
  'cost',
  'cache_saved',
  'cache_lost',
  'unpriced',
  'timed',
  'total_ms',
  'started',
  'first_byte_ms',
];
const keys = 'lane, start_ms, provider, model, local_key_id, tool, project, session';

/** What the rows say, without the rollups. */
function sumsOfRows(db: WriteDb) {
  return db
    .prepare(
      `SELECT coalesce(lane, '') AS lane, created_at_ms / 900000 * 900000 AS start_ms, coalesce(provider, '') AS provider,
         model_requested AS model, '' AS local_key_id, coalesce(tool, '') AS tool, coalesce(project, '') AS project,
         coalesce(session, '') AS session, ${countsSql}
       FROM requests WHERE status <> 'open' GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 6, 7, 8`,
    )
    .all();
}

function sumsOfRollups(db: WriteDb) {
  return db
    .prepare(
      `SELECT ${keys}, ${counts.map((name) => `sum(${name}) AS ${name}`).join(', ')}
       FROM rollups WHERE requests > 0 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 6, 7, 8`,
    )
    .all();
}

/** What was paid for, by what decides its price: as the rollups keep it, and as the rows say. */
function expectSameBilled(db: WriteDb) {
  const rows = db
    .prepare(
      `SELECT lane, model_requested AS model, coalesce(sum(fresh_input), 0) AS input, coalesce(sum(output_text), 0) AS output,
         count(fresh_input) AS requests, count(*) - count(fresh_input) AS unmetered,
         coalesce(sum(cost) FILTER (WHERE fresh_input IS NOT NULL), 0) AS cost
       FROM requests WHERE status NOT IN ('open', 'refused', 'failed') AND lane IS NOT NULL
       GROUP BY lane, model_requested, coalesce(input_tokens, 0) > 100000, coalesce(input_tokens, 0) > 128000,
         coalesce(input_tokens, 0) > 200000, coalesce(input_tokens, 0) > 256000,
         coalesce(input_tokens, 0) > 272000, coalesce(input_tokens, 0) > 512000, model_served`,
    )
    .all();
  const billed = sumBilled(db, 0, Number.MAX_SAFE_INTEGER, anyUsage)
    .filter(({ requests, unmetered }) => requests + unmetered > 0)
    .map(({ lane, model, usage, requests, unmetered, costNanoUsd }) => ({
      lane,
      model,
      input: BigInt(usage.freshInput),
      output: BigInt(usage.outputText),
      requests: BigInt(requests),
      unmetered: BigInt(unmetered),
      cost: costNanoUsd,
    }));
  const order = (a: object, b: object): number => (JSON.stringify(a, textOf) < JSON.stringify(b, textOf) ? -1 : 1);
  expect(billed.sort(order)).toEqual(rows.map((row) => Object(row)).sort(order));
}

function textOf(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** The same filter, answered by the rollups and, as its first moment is on no quarter of an hour, by the rows. */
function expectSameSums(db: WriteDb) {
  const filters: RequestFilter[] = [
    noFilter,
    { ...noFilter, tool: 'a' },
    { ...noFilter, project: unset, lane: 'byok' },
    { ...noFilter, lane: unset },
  ];
  for (const filter of filters) {
    expect(sumRequests(db, filter)).toEqual(sumRequests(db, { ...filter, fromMs: 1 }));
  }
}

test('rollups equal the sum over the rows after any events in any order', () => {
  const folder = temporaryFolder();
  let run = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { db } = openDatabase(join(folder, `${(run += 1)}.db`));
      const ids = moments.concat(moments).map((atMs) => requestId(atMs));
      let sequence = 0;
      const records: RequestRecord[] = [];
      for (const { kind, which, amount, lane, isKnown } of steps) {
        const id = ids[which] ?? requestId();
        const createdAtMs = moments[which % moments.length] ?? startMs;
        const cost = nanoUsd(BigInt(amount));
        const waiting: RequestRecord[] = [];
        if (kind === 'begin') {
          waiting.push({
            kind: 'begun',
            request: begun({
              id,
              createdAtMs,
              lane,
              provider: lane,
              modelRequested: isKnown ? 'a' : 'b',
              tool: isKnown ? 'a' : null,
              project: which % 2 ? 'p' : null,
            }),
          });
        }
        if (kind === 'finish') {
          // Another provider than the first may have answered in the end.
          const request = finished(id, {
            lane,
            provider: lane,
            usage: isKnown ? makeUsage({ freshInput: amount, cacheRead: 5 * which, outputText: 2 }) : null,
            unitPrices,
            cacheBreak: which === 3 ? cacheBreak : null,
            meteredCostNanoUsd: isKnown ? cost : null,
            settledCostNanoUsd: which % 2 ? cost : null,
          });
          waiting.push({ kind: 'finished', request });
        }
        if (kind === 'settle') {
          const request = {
            requestId: id,
            costNanoUsd: cost,
            balanceAfterNanoUsd: null,
            modelServed: null,
            usage: isKnown ? makeUsage({ outputText: amount }) : null,
            usageSource: 'estimated',
            unitPrices: null,
            catalogueVersion: null,
            billing: null,
            writtenOffNanoUsd: nanoUsd(0n),
            listedPrice: null,
          } as const;
          waiting.push({ kind: 'settled', request });
        }
        if (kind === 'fetch') {
          const request = {
            id,
            modelServed: null,
            finishReason: 'completed',
            usage: makeUsage({ outputText: amount }),
            unitPrices,
            catalogueVersion: null,
            meteredCostNanoUsd: cost,
          };
          waiting.push({ kind: 'fetched', request });
        }
        if (kind === 'name') {
          const { attempts } = finished(id);
          waiting.push({ kind: 'named', request: { id, answerId: 'resp_1', lane, provider: lane, attempts } });
        }
        if (kind === 'refuse') {
          const request = {
            id: requestId(createdAtMs),
            createdAtMs,
            localKeyId: null,
            localKeyLabel: null,
            dialect: 'openai-chat',
            endpoint: '/',
            modelRequested: 'a',
            userAgent: null,
            ...noAttribution,
            httpStatus: 404,
            errorCode: 'model_not_found',
            errorMessage: '',
          } as const;
          waiting.push({ kind: 'refused', request });
        }
        records.push(...waiting);
        // Some wait for the next ones and are written with them.
        if (which % 3 > 0 || kind === 'line' || kind === 'crash') apply(db, ...records.splice(0));
        if (kind === 'line') {
          const line = {
            sequence: (sequence += 1),
            at: '2026-01-01T00:00:00Z',
            kind: 'usage',
            amount: usdText(nanoUsd(-cost)),
            balanceAfter: '1.00',
            requestId: id,
            orderId: null,
            description: '',
          } as const;
          applyLedgerLines(db, 'acc', [line, line]);
        }
        if (kind === 'crash') closeOpenRequests(db);
      }
      apply(db, ...records);
      expect(sumsOfRollups(db)).toEqual(sumsOfRows(db));
      expectSameSums(db);
      expectSameBilled(db);
      db.close();
    }),
    { numRuns: 60 },
  );
  rmSync(folder, { recursive: true, force: true });
});

test('a ledger line that came before the end of its request is taken over at the end', () => {
  const folder = temporaryFolder();
  const { db } = openDatabase(join(folder, 'a.db'));
  const line = (id: string) =>
    ({
      sequence: 1,
      at: '2026-01-01T00:00:00Z',
      kind: 'usage',
      amount: '-0.50',
      balanceAfter: '1.00',
      requestId: id,
      orderId: null,
      description: '',
    }) as const;
  const request = begun();
  // Not even the row is there yet: it waited in memory for a full disk.
  expect(applyLedgerLines(db, 'acc', [line(request.id)]).rows).toEqual([]);
  apply(db, { kind: 'begun', request });
  expect(apply(db, { kind: 'finished', request: finished(request.id) })).toMatchObject([
    { cost: '0.50', costKind: 'settled' },
  ]);
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

test('deleting rows leaves the totals, and sums count each span by itself', () => {
  const folder = temporaryFolder();
  const { db } = openDatabase(join(folder, 'a.db'));
  for (const createdAtMs of moments) {
    const request = begun({ createdAtMs, lane: 'byok', provider: 'openai' });
    const end = finished(request.id, { lane: 'byok', provider: 'openai', meteredCostNanoUsd: nanoUsd(100n) });
    apply(db, { kind: 'begun', request }, { kind: 'finished', request: end });
  }
  const borders = [startMs - 900_000, startMs + 900_000, startMs + 2 * 86_400_000].map(
    (ms) => Math.floor(ms / 900_000) * 900_000,
  );
  const before = sumSpans(db, borders, 'lane', anyUsage);
  const two = {
    value: 'byok',
    requests: 2,
    inputTokens: 30,
    cachedTokens: 10,
    outputTokens: 14,
    costNanoUsd: 200n,
    unpriced: 0,
  };
  expect(before).toMatchObject([[two], [two]]);
  expect(sumRequests(db, noFilter)).toMatchObject({ requests: 4, open: 0 });
  expect(deleteRequestsBefore(db, startMs + 86_400_000, 2)).toBe(2);
  expect(deleteRequestsBefore(db, startMs + 86_400_000, 2)).toBe(1);
  expect(db.prepare('SELECT count(*) AS count FROM requests').get()).toEqual({ count: 1n });
  expect(sumSpans(db, borders, 'lane', anyUsage)).toEqual(before);
  // A list has only what is still there, and so do its sums.
  expect(sumRequests(db, noFilter)).toMatchObject({ requests: 1, costNanoUsd: 100n });
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

test('records that are applied again, in one batch or another, change nothing', () => {
  const folder = temporaryFolder();
  const { db } = openDatabase(join(folder, 'a.db'));
  const [done, open] = [begun({ lane: 'byok', provider: 'openai' }), begun()];
  const end = finished(done.id, { lane: 'byok', provider: 'openai', modelServed: null });
  const records: RequestRecord[] = [
    { kind: 'begun', request: done },
    { kind: 'finished', request: end },
    { kind: 'begun', request: open },
  ];
  const everything = () => [db.prepare('SELECT * FROM requests').all(), db.prepare('SELECT * FROM rollups').all()];
  expect(apply(db, ...records).map(({ id, status }) => [id, status])).toEqual([
    [done.id, 'completed'],
    [open.id, 'open'],
  ]);
  const before = everything();
  expect(apply(db, ...records)).toEqual([]);
  expect(apply(db, { kind: 'finished', request: { ...end, status: 'failed' } })).toEqual([]);
  for (const record of records) expect(apply(db, record)).toEqual([]);
  expect(everything()).toEqual(before);
  db.close();
  rmSync(folder, { recursive: true, force: true });
});
