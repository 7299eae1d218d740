import { sql } from 'kysely';
import type { Db } from '../database/open-database.ts';
import { orderFaults } from './verify-orders.ts';

/**
 * Proves the books: entries sum to zero, every balance is the replay of its transfers, statements agree with balances,
 * held money is exactly what open holds say, every hold has ended or belongs to a live request, no request is billed twice.
 * @returns one sentence per fault; empty when all is well
 */
export async function verifyLedger(db: Db, liveRequestIds: ReadonlySet<string>): Promise<string[]> {
  const faults = [
    ...(await sumFaults(db)),
    ...(await replayFaults(db)),
    ...(await heldFaults(db)),
    ...(await statementFaults(db)),
    ...(await requestFaults(db)),
    ...(await debtFaults(db)),
    ...(await orderFaults(db)),
  ];
  const open = await db.selectFrom('holds').select('request_id').where('status', '=', 'open').execute();
  for (const { request_id } of open) {
    if (!liveRequestIds.has(request_id)) faults.push(`The hold of ${request_id} is open and nobody is answering that request.`);
  }
  return faults;
}

async function sumFaults(db: Db): Promise<string[]> {
  const row = await db
    .selectFrom('ledger_accounts')
    .select(({ fn }) => fn.sum<bigint>('balance').as('total'))
    .executeTakeFirst();
  const total = BigInt(row?.total ?? 0n);
  return total === 0n ? [] : [`All balances together are ${total} nano-dollars instead of zero.`];
}

async function replayFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string; balance: bigint; replayed: bigint }>`
    select a.id, a.balance,
      coalesce((select sum(t.amount) from ledger_transfers t where t.credit_id = a.id), 0)
      - coalesce((select sum(t.amount) from ledger_transfers t where t.debit_id = a.id), 0) as replayed
    from ledger_accounts a`.execute(db);
  return rows
    .filter((row) => row.balance !== row.replayed || (row.id.startsWith('customer:') && !row.id.endsWith(':owed') && row.balance < 0n))
    .map((row) => `The balance of ${row.id} is ${row.balance}; its transfers say ${row.replayed}.`);
}

async function heldFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string; held: bigint; holds: bigint }>`
    select c.id, a.balance as held,
      coalesce((select sum(h.amount) from holds h where h.account_id = c.id and h.status = 'open'), 0) as holds
    from customer_accounts c join ledger_accounts a on a.id = 'customer:' || c.id || ':held'`.execute(db);
  return rows.filter((row) => row.held !== row.holds).map((row) => `${row.id} holds ${row.held}, but its open holds are ${row.holds}.`);
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
    select c.id,
      (select sum(a.balance) from ledger_accounts a where a.account_id = c.id) as balance,
      coalesce((select sum(l.amount) from statement_lines l where l.account_id = c.id), 0) as lines,
      (select count(*) from statement_lines l where l.account_id = c.id) as count,
      coalesce((select max(l.sequence) from statement_lines l where l.account_id = c.id), 0) as last
    from customer_accounts c`.execute(db);
  return rows.flatMap((row) => [
    ...(row.balance === row.lines ? [] : [`${row.id} has ${row.balance}; its statement says ${row.lines}.`]),
    ...(row.count === row.last ? [] : [`The statement of ${row.id} has ${row.count} lines up to number ${row.last}.`]),
  ]);
}

async function requestFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<{
    id: string;
    cost: bigint;
    held: bigint;
    status: string;
    charged: bigint;
    charges: bigint;
    hold: string | null;
  }>`
    select r.id, r.cost, r.held, r.status, h.status as hold,
      coalesce((select sum(t.amount) from ledger_transfers t where t.request_id = r.id and t.kind = 'charge'), 0) as charged,
      (select count(*) from ledger_transfers t where t.request_id = r.id and t.kind = 'charge') as charges
    from requests r left join holds h on h.request_id = r.id`.execute(db);
  return rows.flatMap((row) => {
    const faults: string[] = [];
    if (row.charged !== row.cost) faults.push(`${row.id} costs ${row.cost}; the ledger charged ${row.charged}.`);
    if (row.charges > 1n) faults.push(`${row.id} was charged ${row.charges} times.`);
    if (row.cost > row.held) faults.push(`${row.id} was charged ${row.cost} from a hold of ${row.held}.`);
    if (row.hold === null) faults.push(`${row.id} never had a hold.`);
    else if ((row.hold === 'open') !== (row.status === 'open')) faults.push(`${row.id} is ${row.status}, its hold ${row.hold}.`);
    return faults;
  });
}
