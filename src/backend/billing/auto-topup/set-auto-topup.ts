import type { autoTopupInputSchema } from '#shared/account/auto-topup.ts';
import type { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import type { Db } from '../../database/open-database.ts';
import type { Events } from '../../runtime/events.ts';
import { readProfile, writeAutoTopup } from './auto-topup-store.ts';
import { parseTopup } from '../orders/create-order.ts';
import type { Payments } from '../payments.ts';

interface AutoTopupChange {
  db: Db;
  events: Pick<Events, 'emit'>;
  payments: Pick<Payments, 'isConnected'>;
}

/**
 * Sets the automatic top-up. Setting it again also ends a pause. Throws `bad_request`, and `conflict` without a payment
 * method.
 */
export async function setAutoTopup(
  { db, events, payments }: AutoTopupChange,
  accountId: string,
  input: z.output<typeof autoTopupInputSchema>,
): Promise<void> {
  const amount = parseTopup(input.amount);
  const threshold = parseUsd(input.threshold) ?? zeroUsd;
  const monthlyCap = parseUsd(input.monthlyCap) ?? zeroUsd;
  refuseSenseless(threshold, amount, monthlyCap);
  const profile = payments.isConnected ? await readProfile(db, accountId) : null;
  if (input.enabled && (profile?.method_id ?? null) === null) {
    throw new CorvusError(
      'conflict',
      'Save a payment method first: POST /v1/account/auto-topup/setup, or pay once with savePaymentMethod.',
    );
  }
  await writeAutoTopup(db, accountId, { isEnabled: input.enabled, threshold, amount, monthlyCap });
  events.emit('account.changed', { accountId });
  events.emit('balance.fell', { accountId });
}

function refuseSenseless(threshold: NanoUsd, amount: NanoUsd, monthlyCap: NanoUsd): void {
  if (threshold <= 0n || amount < threshold) {
    const message =
      'The threshold must be above zero and at most the amount, so that one charge lifts the balance above it.';
    throw new CorvusError('bad_request', message, { param: 'threshold' });
  }
  if (monthlyCap < amount) {
    throw new CorvusError('bad_request', 'The monthly cap must allow at least one charge.', { param: 'monthlyCap' });
  }
}
