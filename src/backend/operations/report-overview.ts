import { sql } from 'kysely';
import { nanoUsd, usdText } from '#shared/money.ts';
import { countAttention } from '../billing/report-orders.ts';
import { sumCustomers } from '../customers/report-customers.ts';
import { dayStartMs, isoTime } from '../http/times.ts';
import type { OperationsRouteDeps } from './operations-route-deps.ts';

export interface OverviewReport {
  asOf: string;
  isPlayMoney: boolean;
  accounts: number;
  /** What customers can spend now, what requests under way hold, what customers owe. */
  available: string;
  held: string;
  owed: string;
  /** Since midnight, UTC. */
  today: { requests: number; revenue: string };
  openHolds: number;
  ordersNeedingAttention: number;
  pools: { well: number; cooling: number; out: number };
}

/** The numbers on an operator's first page. */
export async function readOverview({ db, clock, pools, isPlayMoney }: OperationsRouteDeps): Promise<OverviewReport> {
  const nowMs = clock.nowMs();
  const { available, held, owed } = await sumCustomers(db);
  const count = async (table: 'customer_accounts' | 'holds'): Promise<number> => {
    const query = db.selectFrom(table).select(({ fn }) => fn.countAll<bigint>().as('count'));
    const row = await (
      table === 'holds' ? query.where('status', '=', sql.lit('open')) : query
    ).executeTakeFirstOrThrow();
    return Number(row.count);
  };
  const today = await db
    .selectFrom('requests')
    .select(({ fn }) => [fn.countAll<bigint>().as('requests'), fn.sum<bigint | null>('cost').as('revenue')])
    .where('status', '=', sql.lit('settled'))
    .where('settled_at_ms', '>=', BigInt(dayStartMs(nowMs)))
    .executeTakeFirstOrThrow();
  const health = pools.report();
  const countHealth = (wanted: string): number => health.filter((credential) => credential.health === wanted).length;
  return {
    asOf: isoTime(BigInt(nowMs)),
    isPlayMoney,
    accounts: await count('customer_accounts'),
    available: usdText(available),
    held: usdText(held),
    owed: usdText(owed),
    today: { requests: Number(today.requests), revenue: usdText(nanoUsd(BigInt(today.revenue ?? 0n))) },
    openHolds: await count('holds'),
    ordersNeedingAttention: await countAttention(db),
    pools: { well: countHealth('well'), cooling: countHealth('cooling'), out: countHealth('out') },
  };
}
