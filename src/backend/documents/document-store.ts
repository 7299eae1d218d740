import { sql } from 'kysely';
import type { PaperFacts, PaperKind } from '#shared/account/papers.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { PaperRow } from '../database/tables/documents.ts';

export interface NewPaper {
  kind: PaperKind;
  accountId: string;
  orderId: string;
  invoiceNumber: string | null;
  reason: 'refund' | 'dispute' | null;
  credit: NanoUsd;
  paidCents: bigint | null;
  taxCents: bigint | null;
  facts: PaperFacts;
  nowMs: number;
}

const seriesOf: Readonly<Record<PaperKind, string>> = { invoice: 'CV', credit_note: 'CN', debit_note: 'DN' };
const counterDigits = 6;

/** Writes a paper under the next number of its series. What takes long has to come before: until the transaction ends, all others wait. */
export async function insertPaper(tx: Tx, paper: NewPaper): Promise<PaperRow> {
  const series = seriesOf[paper.kind];
  const year = BigInt(new Date(paper.nowMs).getUTCFullYear());
  const counter = await nextCounter(tx, series, year);
  return tx
    .insertInto('papers')
    .values({
      number: paperNumber(series, year, counter),
      kind: paper.kind,
      series,
      year,
      counter,
      account_id: paper.accountId,
      order_id: paper.orderId,
      invoice_number: paper.invoiceNumber,
      reason: paper.reason,
      credit: paper.credit,
      paid_cents: paper.paidCents,
      tax_cents: paper.taxCents,
      facts: JSON.stringify(paper.facts),
      issued_at_ms: BigInt(paper.nowMs),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function paperNumber(series: string, year: bigint, counter: bigint): string {
  return `${series}-${year}-${String(counter).padStart(counterDigits, '0')}`;
}

/** The row stays locked until the transaction ends, and goes back with it: numbers have no gap, however many replicas take them. */
async function nextCounter(tx: Tx, series: string, year: bigint): Promise<bigint> {
  const row = await tx
    .insertInto('paper_counters')
    .values({ series, year, last: 1n })
    .onConflict((conflict) => conflict.columns(['series', 'year']).doUpdateSet({ last: sql<bigint>`paper_counters.last + 1` }))
    .returning('last')
    .executeTakeFirstOrThrow();
  return row.last;
}

export async function findInvoiceOf(tx: Tx, orderId: string): Promise<PaperRow | null> {
  const row = await tx.selectFrom('papers').selectAll().where('order_id', '=', orderId).where('kind', '=', 'invoice').executeTakeFirst();
  return row ?? null;
}

/** @param accountId whose paper it has to be; null: anybody's */
export async function findPaper(db: Db, number: string, accountId: string | null): Promise<PaperRow | null> {
  let query = db.selectFrom('papers').selectAll().where('number', '=', number);
  if (accountId !== null) query = query.where('account_id', '=', accountId);
  return (await query.executeTakeFirst()) ?? null;
}

interface PaperFilter {
  /** Below this sequence; 0: from the newest. */
  before: bigint;
  limit: number;
}

/** An account's papers, newest first. */
export async function listPapers(db: Db, accountId: string, { before, limit }: PaperFilter): Promise<PaperRow[]> {
  let query = db.selectFrom('papers').selectAll().where('account_id', '=', accountId);
  if (before > 0n) query = query.where('sequence', '<', before);
  return query.orderBy('sequence', 'desc').limit(BigInt(limit)).execute();
}

/** Everybody's papers, newest first, by the start of a number, or a whole account, order or invoice; an empty text finds all. */
export async function searchPapers(db: Db, text: string, { before, limit }: PaperFilter): Promise<PaperRow[]> {
  let query = db.selectFrom('papers').selectAll();
  if (before > 0n) query = query.where('sequence', '<', before);
  if (text !== '') {
    const start = text.toUpperCase();
    query = query.where((where) =>
      where.or([
        where.and([where('number', '>=', start), where('number', '<', `${start}\uffff`)]),
        where('account_id', '=', text),
        where('order_id', '=', text),
        where('invoice_number', '=', start),
      ]),
    );
  }
  return query.orderBy('sequence', 'desc').limit(BigInt(limit)).execute();
}
