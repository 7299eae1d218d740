import { maximumTopup, minimumTopup } from '#shared/account/orders.ts';
import { CorvusError } from '#shared/errors.ts';
import { timeOrderedId } from '#shared/ids.ts';
import { type NanoUsd, parseUsd, nanoUsdPerCent } from '#shared/money.ts';
import { inTransaction } from '../../database/in-transaction.ts';
import type { Db } from '../../database/open-database.ts';
import type { OrderRow } from '../../database/schema.ts';
import type { Random } from '#shared/ports.ts';
import { lockAccount } from '../../auth/key-store.ts';
import { insertOrder } from '../../store/order-store.ts';
import { type OrderLimits, refuseManyOrders } from './order-limits.ts';

/**
 * Opens an order for a top-up. Nothing is credited before it is paid. Throws `bad_request`, and `rate_limit_exceeded`
 * for too many.
 */
export async function createOrder(
  db: Db,
  random: Random,
  {
    accountId,
    amountText,
    nowMs,
    limits,
  }: { accountId: string; amountText: string; nowMs: number; limits: OrderLimits },
): Promise<OrderRow> {
  const amount = parseTopup(amountText);
  return inTransaction(db, async (tx) => {
    await lockAccount(tx, accountId);
    await refuseManyOrders(tx, accountId, limits, nowMs);
    return insertOrder(tx, { id: newOrderId(random, nowMs), accountId, amount, nowMs });
  });
}

export function newOrderId(random: Random, nowMs: number): string {
  return timeOrderedId('ord', nowMs, random.bytes(10));
}

/** An amount that may be topped up. Throws `bad_request`. */
export function parseTopup(text: string): NanoUsd {
  const amount = parseUsd(text);
  const [least, most] = [parseUsd(minimumTopup) ?? 0n, parseUsd(maximumTopup) ?? 0n];
  if (amount === null || amount < least || amount > most || amount % nanoUsdPerCent !== 0n) {
    throw new CorvusError(
      'bad_request',
      `Choose an amount from ${minimumTopup} to ${maximumTopup} USD, in whole cents.`,
      {
        param: 'amount',
      },
    );
  }
  return amount;
}
