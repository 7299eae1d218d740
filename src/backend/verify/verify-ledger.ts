import { sql } from 'kysely';
import { CorvusError } from '#shared/errors.ts';
import { damageIn } from '../database/database-trouble.ts';
import type { Db } from '../database/open-database.ts';
import type { HoldRow } from '../database/schema.ts';
import { platformAccounts } from '../ledger/chart-of-accounts.ts';
import { chainFaults } from './verify-chain.ts';
import { orderFaults } from './verify-orders.ts';
import { documentFaults } from './verify-documents.ts';

/**
 * Verifies the ledger: entries sum to zero, every balance is the replay of its transfers, statements agree with
 * balances, held money is exactly what open holds say, every hold has ended or belongs to a request that is being
 * answered, no request is billed twice, and no row of the past was changed.
 * @param isAnswered whether some instance is answering the request of an open hold; without it no hold may be open
 * @returns one sentence per fault; empty when all is right
 */
export async function verifyLedger(db: Db, isAnswered: (hold: HoldRow) => boolean = () => false): Promise<string[]> {
  return [...(await ledgerFaults(db)), ...(await holdFaults(db, isAnswered))];
}

/** The part that depends only on the database. */
export async function ledgerFaults(db: Db): Promise<string[]> {
  const checks = [
    replayFaults,
    sumFaults,
    heldFaults,
    statementFaults,
    requestFaults,
    upstreamCostFaults,
    debtFaults,
    orderFaults,
    documentFaults,
    chainFaults,
  ];
  const faults: string[] = [];
  for (const check of checks) faults.push(...(await damageAsFault(() => confirmed(() => check(db)))));
  return faults;
}

/** Open holds whose request no instance is answering. */
export function holdFaults(db: Db, isAnswered: (hold: HoldRow) => boolean): Promise<string[]> {
  return damageAsFault(async () => {
    const holds = await db.selectFrom('holds').selectAll().where('status', '=', sql.lit('open')).execute();
    return holds
      .filter((hold) => !isAnswered(hold))
      .map((hold) => `The hold of ${hold.request_id} is open, but no instance is answering that request.`);
  });
}

const longestWords = 300;

/** A part that cannot be read is a fault like any other, and no reason to leave out the rest. */
async function damageAsFault(check: () => Promise<string[]>): Promise<string[]> {
  try {
    return await check();
  } catch (error) {
    const damage = damageIn(error);
    if (damage !== null) return [`The database is damaged: ${damage}.`];
    // The database does not answer now: nothing is known.
    if (error instanceof CorvusError) throw error;
    return [
      `A row holds what cannot be read (${String(error).replaceAll(/\s+/g, ' ').slice(0, longestWords)}), so a part of the ledger is not verified.`,
    ];
  }
}

/** Requests go on meanwhile: what is seen once may be half of a change, what is seen twice is a fault. */
async function confirmed(check: () => Promise<string[]>): Promise<string[]> {
  const seen = await check();
  if (seen.length === 0) return [];
  const seenAgain = new Set(await check());
  return seen.filter((fault) => seenAgain.has(fault));
}

/** The sum of every account's transfers. */
const replay = sql`(
  select id, sum(delta) as balance from (
    select debit_id as id, -sum(amount) as delta from ledger_transfers group by debit_id
    union all select credit_id, sum(amount) from ledger_transfers group by credit_id
  ) moves group by id)`;

async function replayFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string; balance: bigint; replayed: bigint }>`
    select a.id, a.balance, coalesce(r.balance, 0) as replayed
    from ledger_accounts a left join ${replay} r on r.id = a.id
    where a.account_id is not null
      and (a.balance <> coalesce(r.balance, 0) or (a.must_not_overdraw = 1 and a.balance < 0))`.execute(db);
  return rows.map((row) => `The balance of ${row.id} is ${row.balance}; its transfers say ${row.replayed}.`);
}

/** What customers have is what the platform gave: the balances of platform accounts are the sums of their transfers. */
async function sumFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<{ total: bigint | null }>`
    select sum(case when a.account_id is null then r.balance else a.balance end) as total
    from ledger_accounts a join ${replay} r on r.id = a.id`.execute(db);
  const total = BigInt(rows[0]?.total ?? 0n);
  return total === 0n ? [] : [`All balances together are ${total} nano-dollars instead of zero.`];
}

async function heldFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string; held: bigint; holds: bigint }>`
    select a.account_id as id, a.balance as held, coalesce(h.amount, 0) as holds
    from ledger_accounts a
    left join (select account_id, sum(amount) as amount from holds where status = 'open' group by account_id) h on h.account_id = a.account_id
    where a.id = 'customer:' || a.account_id || ':held' and a.balance <> coalesce(h.amount, 0)`.execute(db);
  return rows.map((row) => `${row.id} holds ${row.held}, but its open holds are ${row.holds}.`);
}

async function debtFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string; owed: bigint; available: bigint }>`
    select c.id, o.balance as owed, a.balance as available
    from customer_accounts c
    join ledger_accounts o on o.id = 'customer:' || c.id || ':owed'
    join ledger_accounts a on a.id = 'customer:' || c.id || ':available'
    where o.balance > 0 or (o.balance < 0 and a.balance > 0)`.execute(db);
  return rows.map((row) => `${row.id} owes ${-row.owed} while ${row.available} is available.`);
}

async function statementFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string; balance: bigint; lines: bigint; count: bigint; last: bigint }>`
    select c.id, coalesce(a.balance, 0) as balance, coalesce(l.amount, 0) as lines, coalesce(l.count, 0) as count, coalesce(l.last, 0) as last
    from customer_accounts c
    left join (select account_id, sum(balance) as balance from ledger_accounts group by account_id) a on a.account_id = c.id
    left join (
      select account_id, sum(amount) as amount, count(*) as count, max(sequence) as last from statement_lines group by account_id
    ) l on l.account_id = c.id
    where coalesce(a.balance, 0) <> coalesce(l.amount, 0) or coalesce(l.count, 0) <> coalesce(l.last, 0)`.execute(db);
  return rows.flatMap((row) => [
    ...(row.balance === row.lines ? [] : [`${row.id} has ${row.balance}; its statement says ${row.lines}.`]),
    ...(row.count === row.last ? [] : [`The statement of ${row.id} has ${row.count} lines up to number ${row.last}.`]),
  ]);
}

async function upstreamCostFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string; cost: bigint; posted: bigint }>`
    select r.id, coalesce(r.upstream_cost, 0) as cost, coalesce(t.amount, 0) as posted
    from requests r
    left join (select request_id, sum(amount) as amount from ledger_transfers where kind = 'cost' group by request_id) t on t.request_id = r.id
    where coalesce(r.upstream_cost, 0) <> coalesce(t.amount, 0)`.execute(db);
  return rows.map((row) => `${row.id} cost ${row.cost} at its upstream; the ledger says ${row.posted}.`);
}

interface RequestSums {
  id: string;
  cost: bigint;
  held: bigint;
  status: string;
  charged: bigint;
  charges: bigint;
  account: string;
  hold: string | null;
  holder: string | null;
  reserved: bigint | null;
}

async function requestFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<RequestSums>`
    select r.id, r.cost, r.held, r.status, r.account_id as account, h.status as hold, h.account_id as holder, h.amount as reserved,
      coalesce(t.amount, 0) as charged, coalesce(t.count, 0) as charges
    from requests r
    left join holds h on h.request_id = r.id
    left join (
      select request_id, sum(case when debit_id = ${platformAccounts.revenue} then -amount else amount end) as amount,
        sum(case when kind = 'charge' then 1 else 0 end) as count
      from ledger_transfers where kind in ('charge', 'adjust') group by request_id
    ) t on t.request_id = r.id
    where coalesce(t.amount, 0) <> r.cost or coalesce(t.count, 0) > 1 or r.cost > r.held or h.status is null
      or (h.status = 'open') <> (r.status = 'open') or h.account_id <> r.account_id
      or h.amount <> r.held`.execute(db);
  return rows.flatMap((row) => {
    const faults: string[] = [];
    if (row.charged !== row.cost) faults.push(`${row.id} costs ${row.cost}; the ledger charged ${row.charged}.`);
    if (row.charges > 1n) faults.push(`${row.id} was charged ${row.charges} times.`);
    if (row.cost > row.held) faults.push(`${row.id} was charged ${row.cost} from a hold of ${row.held}.`);
    if (row.hold === null) faults.push(`${row.id} never had a hold.`);
    if (row.reserved !== null && row.reserved !== row.held)
      faults.push(`${row.id} held ${row.held}; its hold says ${row.reserved}.`);
    if (row.hold !== null && row.holder !== row.account)
      faults.push(`${row.id} is of ${row.account}, its hold of ${row.holder}.`);
    if (row.hold !== null && (row.hold === 'open') !== (row.status === 'open'))
      faults.push(`${row.id} is ${row.status}, its hold ${row.hold}.`);
    return faults;
  });
}
