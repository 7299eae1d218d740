import { autoTopupInputSchema, autoTopupSchema } from '#shared/account/auto-topup.ts';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import { readAutoTopupView } from '../../accounts/read-auto-topup.ts';
import { parseTopup } from '../../billing/create-order.ts';
import { readProfile, writeAutoTopup } from '../../store/auto-topup-store.ts';
import { keyEndpoint } from '../declare-endpoint.ts';
import type { Services } from '../services.ts';

export const putAccountAutoTopup = keyEndpoint({
  method: 'put',
  path: '/v1/account/auto-topup',
  summary: 'Sets the automatic top-up. Asking for it anew also ends a pause.',
  body: autoTopupInputSchema,
  reply: autoTopupSchema,
  errors: ['conflict'],
}).handle(async ({ services, caller: { accountId }, body: input }) => {
  const amount = parseTopup(input.amount);
  const threshold = parseUsd(input.threshold) ?? zeroUsd;
  const monthlyCap = parseUsd(input.monthlyCap) ?? zeroUsd;
  refuseSenseless(threshold, amount, monthlyCap);
  if (input.enabled && !(await canCharge(services, accountId))) {
    throw new CorvusError(
      'conflict',
      'Save a payment method first: POST /v1/account/auto-topup/setup, or pay once with savePaymentMethod.',
    );
  }
  await writeAutoTopup(services.db, accountId, { isEnabled: input.enabled, threshold, amount, monthlyCap });
  services.feed.changed(accountId);
  services.payments.balanceFell(accountId);
  return readAutoTopupView(services.db, accountId, services.clock.nowMs());
});

function refuseSenseless(threshold: NanoUsd, amount: NanoUsd, monthlyCap: NanoUsd): void {
  if (threshold <= 0n || amount < threshold) {
    const message = 'The threshold must be above zero and at most the amount, so that one charge lifts the balance above it.';
    throw new CorvusError('bad_request', message, { param: 'threshold' });
  }
  if (monthlyCap < amount) {
    throw new CorvusError('bad_request', 'The monthly cap must allow at least one charge.', { param: 'monthlyCap' });
  }
}

async function canCharge(services: Services, accountId: string): Promise<boolean> {
  const profile = services.payments.isConnected ? await readProfile(services.db, accountId) : null;
  return profile !== null && profile.method_id !== null;
}
