import { autoTopupInputSchema } from '#shared/account/auto-topup.ts';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import { readAutoTopupView } from '../../accounts/read-auto-topup.ts';
import { parseTopup } from '../../billing/create-order.ts';
import { readProfile, writeAutoTopup } from '../../store/auto-topup-store.ts';
import type { KeyEndpoint } from '../endpoint.ts';
import { readJsonBody } from '../read-json-body.ts';
import { parseInput } from '../read-query.ts';

/** Sets the automatic top-up. Asking for it anew also ends a pause. */
export const putAccountAutoTopup: KeyEndpoint = {
  method: 'put',
  path: '/v1/account/auto-topup',
  access: 'key',
  async handle(context, services, { accountId }) {
    const input = parseInput(autoTopupInputSchema, await readJsonBody(context));
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
    return context.json(await readAutoTopupView(services.db, accountId, services.clock.nowMs()));
  },
};

function refuseSenseless(threshold: NanoUsd, amount: NanoUsd, monthlyCap: NanoUsd): void {
  if (threshold <= 0n || amount < threshold) {
    const message = 'The threshold must be above zero and at most the amount, so that one charge lifts the balance above it.';
    throw new CorvusError('bad_request', message, { param: 'threshold' });
  }
  if (monthlyCap < amount) {
    throw new CorvusError('bad_request', 'The monthly cap must allow at least one charge.', { param: 'monthlyCap' });
  }
}

async function canCharge(services: Parameters<KeyEndpoint['handle']>[1], accountId: string): Promise<boolean> {
  const profile = services.payments.isConnected ? await readProfile(services.db, accountId) : null;
  return profile !== null && profile.method_id !== null;
}
