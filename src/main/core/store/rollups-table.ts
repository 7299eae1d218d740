import { laneSchema } from '#shared/account/request.ts';
import { integer, money } from './columns.ts';
import { int, readAll, type ReadDb } from './database.ts';
import type { LaneTotals } from './records.ts';

/** Sums between neighbouring borders (ascending, on quarters of an hour): `borders.length - 1` lists of lanes. */
export function sumSpans(db: ReadDb, borders: readonly number[]): LaneTotals[][] {
  return borders.slice(1).map((toMs, index) => sumSpan(db, borders[index] ?? toMs, toMs));
}

function sumSpan(db: ReadDb, fromMs: number, toMs: number): LaneTotals[] {
  const rows = readAll(
    db,
    `SELECT lane, sum(requests) AS requests, sum(tokens) AS tokens, sum(cost) AS cost, sum(unpriced) AS unpriced
     FROM rollups WHERE start_ms >= $from AND start_ms < $to GROUP BY lane HAVING sum(requests) > 0`,
    { from: int(fromMs), to: int(toMs) },
  );
  return rows.map((row) => ({
    lane: laneSchema.parse(row['lane']),
    requests: integer(row, 'requests'),
    tokens: integer(row, 'tokens'),
    costNanoUsd: money(row, 'cost'),
    unpriced: integer(row, 'unpriced'),
  }));
}
