import { sql } from 'kysely';
import type { Db } from '../database/open-database.ts';
import { platformAccounts } from '../ledger/chart-of-accounts.ts';
import { documentNumber } from '../documents/document-store.ts';

/**
 * Every order that was credited with real money has one invoice over the credit, and no other order has one; notes add
 * up to what was taken back; numbers have no gap. Orders from before billing documents existed have none.
 */
export async function documentFaults(db: Db): Promise<string[]> {
  return [...(await invoiceFaults(db)), ...(await noteFaults(db)), ...(await numberFaults(db))];
}

async function invoiceFaults(db: Db): Promise<string[]> {
  const { rows: missing } = await sql<{ id: string }>`
    select t.order_id as id from ledger_transfers t
    where t.kind = 'topup' and t.debit_id = ${sql.lit(platformAccounts.cash)}
      and not exists (select 1 from billing_documents p where p.order_id = t.order_id and p.kind = 'invoice')`.execute(
    db,
  );
  const { rows: wrong } = await sql<{ number: string; id: string }>`
    select p.number, o.id from billing_documents p join orders o on o.id = p.order_id
    where p.kind = 'invoice' and (p.credit <> o.amount or p.account_id <> o.account_id or not exists (
      select 1 from ledger_transfers t where t.order_id = o.id and t.kind = 'topup' and t.debit_id = ${sql.lit(platformAccounts.cash)}))`.execute(
    db,
  );
  return [
    ...missing.map(({ id }) => `${id} was paid and credited, but has no invoice.`),
    ...wrong.map(({ number, id }) => `Invoice ${number} is not what ${id} was credited.`),
  ];
}

async function noteFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string; taken: bigint; noted: bigint }>`
    select o.id, o.refunded + o.disputed as taken,
      sum(case p.kind when 'credit_note' then p.credit when 'debit_note' then -p.credit else 0 end) as noted
    from billing_documents p join orders o on o.id = p.order_id
    group by o.id, o.refunded, o.disputed`.execute(db);
  return rows
    .filter(({ taken, noted }) => taken !== noted)
    .map(({ id, taken, noted }) => `${taken} was taken back of ${id}; its credit notes say ${noted}.`);
}

async function numberFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<{ series: string; year: bigint; issued: bigint; highest: bigint; last: bigint | null }>`
    select s.series, s.year, count(p.counter) as issued, coalesce(max(p.counter), 0) as highest, max(c.last) as last
    from (select series, year from document_counters union select series, year from billing_documents) s
    left join billing_documents p on p.series = s.series and p.year = s.year
    left join document_counters c on c.series = s.series and c.year = s.year
    group by s.series, s.year`.execute(db);
  return rows
    .filter(({ issued, highest, last }) => issued !== highest || last !== highest)
    .map(
      ({ series, year, issued, highest, last }) =>
        `${issued} documents reach up to ${documentNumber(series, year, highest)}; their counter says ${last ?? 'nothing'}.`,
    );
}
