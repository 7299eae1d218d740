import { laneSchema } from '#shared/account/request.ts';
import { integer, money } from './columns.ts';
import { change, int, readAll, type ReadDb, type WriteDb } from './database.ts';
import type { LaneTotals } from './records.ts';
import type { StoredRequest } from './request-changes.ts';
import { sumsOf } from './request-rows.ts';

const quarterMs = 900_000n;

interface Counts {
  requests: bigint;
  tokens: bigint;
  cost: bigint;
  unpriced: bigint;
}

/** What a batch changes in the rollups, summed before it is written. A rollup counts the ended requests of one quarter of an hour that share a lane, provider, model and key. */
export class RollupChanges {
  readonly #changes = new Map<string, { of: StoredRequest; counts: Counts }>();

  /** Counts a row once more (1), or once less (-1). */
  add(row: StoredRequest, times: 1n | -1n): void {
    if (row.lane === null || row.status === 'open') return;
    const { lane, provider, model_requested: model, local_key_id: key } = row;
    const name = JSON.stringify([String(startOf(row)), lane, provider, model, key]);
    const known = this.#changes.get(name) ?? { of: row, counts: { requests: 0n, tokens: 0n, cost: 0n, unpriced: 0n } };
    const { input_tokens: input, output_tokens: output, cost } = sumsOf(row);
    known.counts.requests += times;
    known.counts.tokens += times * (input !== null && output !== null ? input + output : 0n);
    known.counts.cost += times * (cost ?? 0n);
    known.counts.unpriced += cost === null ? times : 0n;
    this.#changes.set(name, known);
  }

  write(db: WriteDb): void {
    for (const { of, counts } of this.#changes.values()) {
      if (Object.values(counts).every((count) => count === 0n)) continue;
      change(
        db,
        `INSERT INTO rollups (start_ms, lane, provider, model, local_key_id, requests, tokens, cost, unpriced)
         VALUES ($start, $lane, $provider, $model, $key, $requests, $tokens, $cost, $unpriced)
         ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, tokens = tokens + excluded.tokens,
           cost = cost + excluded.cost, unpriced = unpriced + excluded.unpriced`,
        {
          start: startOf(of),
          lane: of.lane,
          provider: of.provider ?? '',
          model: of.model_requested,
          key: of.local_key_id ?? '',
          ...counts,
        },
      );
    }
  }
}

function startOf({ created_at_ms: createdAtMs }: StoredRequest): bigint {
  const atMs = BigInt(createdAtMs ?? 0);
  return atMs - (atMs % quarterMs);
}

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
