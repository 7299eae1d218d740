import { sql } from 'kysely';
import { nanoUsd, usdText } from '#shared/money.ts';
import { isoTime, periodStart } from '#shared/time.ts';
import { countAttention } from '../billing/orders/report-orders.ts';
import { countUnprocessed } from '../billing/payments/unprocessed-payments.ts';
import { sumCustomers } from '../customers/report-customers.ts';
import { countOpenHolds } from '../store/hold-store.ts';
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
  /** What the payment provider lists and could not be processed. */
  unprocessedPayments: number;
  pools: { well: number; cooling: number; out: number };
}

/** The numbers on an operator's first page. */
export async function readOverview({ db, clock, pools, isPlayMoney }: OperationsRouteDeps): Promise<OverviewReport> {
  const nowMs = clock.nowMs();
  const { available, held, owed } = await sumCustomers(db);
  const accounts = await db
    .selectFrom('customer_accounts')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .executeTakeFirstOrThrow();
  const today = await db
    .selectFrom('requests')
    .select(({ fn }) => [fn.countAll<bigint>().as('requests'), fn.sum<bigint | null>('cost').as('revenue')])
    .where('status', '=', sql.lit('settled'))
    .where('settled_at_ms', '>=', BigInt(periodStart('day', nowMs)))
    .executeTakeFirstOrThrow();
  const health = pools.report();
  const countHealth = (wanted: string): number => health.filter((credential) => credential.health === wanted).length;
  return {
    asOf: isoTime(BigInt(nowMs)),
    isPlayMoney,
    accounts: Number(accounts.count),
    available: usdText(available),
    held: usdText(held),
    owed: usdText(owed),
    today: { requests: Number(today.requests), revenue: usdText(nanoUsd(BigInt(today.revenue ?? 0n))) },
    openHolds: await countOpenHolds(db),
    ordersNeedingAttention: await countAttention(db),
    unprocessedPayments: await countUnprocessed(db),
    pools: { well: countHealth('well'), cooling: countHealth('cooling'), out: countHealth('out') },
  };
}
