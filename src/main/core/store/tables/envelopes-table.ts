import {
  type Envelope,
  type EnvelopeHold,
  envelopePeriodSchema,
  envelopeScopeSchema,
} from '#shared/domain/envelope.ts';
import { type EnvelopeId, envelopeIdSchema, type RequestId, requestIdSchema } from '#shared/ids.ts';
import { type NanoUsd, nanoUsd, parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { integer, money, optionalMoney, text } from '../database/columns.ts';
import { change, int, readAll, type ReadDb, type SqlRow, type WriteDb } from '../database/database.ts';

/** What an envelope spent in one period. */
export interface EnvelopeSpend {
  envelopeId: EnvelopeId;
  periodStartMs: number;
  /** Holds of requests whose cost is not known count too. */
  spentNanoUsd: NanoUsd;
  warnedPercent: number;
}

/** A request whose cost may still turn out: the account has not confirmed it, or its answer was not fetched yet. */
export interface UnconfirmedSpend {
  requestId: RequestId;
  holds: EnvelopeHold[];
  /** null: not known; the holds count. */
  costNanoUsd: NanoUsd | null;
}

export function listEnvelopes(db: ReadDb): Envelope[] {
  return readAll(db, 'SELECT * FROM envelopes ORDER BY created_at_ms, id').map(envelopeOf);
}

/** Every period of existing envelopes that begins at or after this moment. */
export function readEnvelopeSpend(db: ReadDb, fromMs: number): EnvelopeSpend[] {
  const rows = readAll(
    db,
    'SELECT * FROM envelope_spend WHERE start_ms >= $fromMs AND envelope_id IN (SELECT id FROM envelopes)',
    {
      fromMs: int(fromMs),
    },
  );
  return rows.map((row) => ({
    envelopeId: envelopeIdSchema.parse(row['envelope_id']),
    periodStartMs: integer(row, 'start_ms'),
    spentNanoUsd: money(row, 'spent'),
    warnedPercent: integer(row, 'warned_percent'),
  }));
}

/** The newest ones, at most `limit`. */
export function listUnconfirmedSpend(db: ReadDb, limit: number): UnconfirmedSpend[] {
  const rows = readAll(
    db,
    `SELECT id, envelopes, cost FROM requests
     WHERE envelopes IS NOT NULL AND (lane = 'prepaid' AND ledger_cost IS NULL OR answer_id IS NOT NULL AND metered_cost IS NULL)
     ORDER BY id DESC LIMIT $limit`,
    { limit: int(limit) },
  );
  return rows.map((row) => ({
    requestId: requestIdSchema.parse(row['id']),
    holds: holdsOf(text(row, 'envelopes')),
    costNanoUsd: optionalMoney(row, 'cost'),
  }));
}

/** Adds an envelope, or replaces what was decided about it. */
export function putEnvelope(db: WriteDb, envelope: Envelope): void {
  change(
    db,
    `INSERT INTO envelopes (id, name, scope, spend_limit, period, time_zone, allows_unpriced, is_paused, created_at_ms, counts_from_ms)
     VALUES ($id, $name, $scope, $limit, $period, $timeZone, $allowsUnpriced, $isPaused, $createdAtMs, $countsFromMs)
     ON CONFLICT DO UPDATE SET name = excluded.name, spend_limit = excluded.spend_limit, allows_unpriced = excluded.allows_unpriced,
       is_paused = excluded.is_paused, counts_from_ms = excluded.counts_from_ms`,
    {
      id: envelope.id,
      name: envelope.name,
      scope: JSON.stringify(envelope.scope),
      limit: parseUsd(envelope.limit) ?? zeroUsd,
      period: envelope.period,
      timeZone: envelope.timeZone,
      allowsUnpriced: envelope.allowsUnpriced ? 1n : 0n,
      isPaused: envelope.isPaused ? 1n : 0n,
      createdAtMs: int(envelope.createdAtMs),
      countsFromMs: int(envelope.countsFromMs),
    },
  );
}

export function removeEnvelope(db: WriteDb, id: EnvelopeId): void {
  change(db, 'DELETE FROM envelopes WHERE id = $id', { id });
  change(db, 'DELETE FROM envelope_spend WHERE envelope_id = $id', { id });
}

/** Remembers what the person was told, so that a restart does not repeat it. */
export function noteEnvelopeWarning(db: WriteDb, id: EnvelopeId, periodStartMs: number, percent: number): void {
  change(
    db,
    `INSERT INTO envelope_spend (envelope_id, start_ms, warned_percent) VALUES ($id, $start, $percent)
     ON CONFLICT DO UPDATE SET warned_percent = excluded.warned_percent`,
    { id, start: int(periodStartMs), percent: int(percent) },
  );
}

/** Takes over the resets of another database of this machine: what was spent since counts to the period that they began. */
export function keepResets(db: WriteDb, other: ReadDb): void {
  for (const { id, countsFromMs } of listEnvelopes(other))
    change(db, 'UPDATE envelopes SET counts_from_ms = max(counts_from_ms, $at) WHERE id = $id', {
      id,
      at: int(countsFromMs),
    });
}

/** Takes over what the envelopes spent by another database of this machine, where that is more. */
export function raiseEnvelopeSpend(db: WriteDb, other: ReadDb): void {
  for (const row of readAll(other, 'SELECT envelope_id, start_ms, spent, warned_percent FROM envelope_spend')) {
    change(
      db,
      `INSERT INTO envelope_spend (envelope_id, start_ms, spent, warned_percent)
       SELECT id, $start_ms, $spent, $warned_percent FROM envelopes WHERE id = $envelope_id
       ON CONFLICT DO UPDATE SET spent = max(spent, excluded.spent), warned_percent = max(warned_percent, excluded.warned_percent)`,
      row,
    );
  }
}

/** Holds as the `envelopes` column has them; null where there are none. */
export function holdsText(holds: readonly EnvelopeHold[]): string | null {
  if (holds.length === 0) return null;
  const listed = holds.map(({ envelopeId, periodStartMs, heldNanoUsd }) => ({
    id: envelopeId,
    start: periodStartMs,
    held: String(heldNanoUsd),
  }));
  return JSON.stringify(listed);
}

export function holdsOf(column: string): EnvelopeHold[] {
  const listed = JSON.parse(column) as { id: string; start: number; held: string }[];
  return listed.map(({ id, start, held }) => ({
    envelopeId: envelopeIdSchema.parse(id),
    periodStartMs: start,
    heldNanoUsd: nanoUsd(BigInt(held)),
  }));
}

function envelopeOf(row: SqlRow): Envelope {
  return {
    id: envelopeIdSchema.parse(row['id']),
    name: text(row, 'name'),
    scope: envelopeScopeSchema.parse(JSON.parse(text(row, 'scope'))),
    limit: usdText(money(row, 'spend_limit')),
    period: envelopePeriodSchema.parse(row['period']),
    timeZone: text(row, 'time_zone'),
    allowsUnpriced: integer(row, 'allows_unpriced') === 1,
    isPaused: integer(row, 'is_paused') === 1,
    createdAtMs: integer(row, 'created_at_ms'),
    countsFromMs: integer(row, 'counts_from_ms'),
  };
}
