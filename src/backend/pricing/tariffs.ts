import {
  type BilledMode,
  type BillingPlan,
  chargeFor,
  creditsToUsd,
  type RequestBilling,
  reserveOf,
} from '#shared/account/request-billing.ts';
import { readNamedPlan } from '#shared/domain/named-plan.ts';
import { type NanoUsd, nanoUsd, usdText, zeroUsd } from '#shared/money.ts';
import type { Call } from '#proxy/call.ts';
import type { HoldRequest } from '../ledger/decide-hold.ts';

/** What the service charges besides tokens. */
export interface Tariffs {
  /** The billing plan of new accounts. */
  plan: BillingPlan;
  /** What each mode reserves of an account that pays in credits. */
  modeCredits: Readonly<Record<BilledMode, number>>;
  /** The minimum charge of a request of any other account. */
  minimumCharge: NanoUsd;
}

export const standardTariffs: Tariffs = {
  plan: 'tokens',
  modeCredits: { chat: 1, mesh: 1, compare: 2, blend: 4, judge: 5 },
  minimumCharge: zeroUsd,
};

/**
 * How a call of an account on this plan is charged; null: only what its tokens cost. Counting tokens is free on every
 * plan.
 */
export function billingOf(
  tariffs: Tariffs,
  plan: BillingPlan,
  call: Pick<Call, 'dialect' | 'facts'>,
): RequestBilling | null {
  if (call.dialect === 'anthropic-count-tokens') return null;
  if (plan === 'credits') {
    const mode = modeOf(call.facts.model);
    return { plan, mode, reserved: usdText(creditsToUsd(tariffs.modeCredits[mode])) };
  }
  return tariffs.minimumCharge > 0n ? { plan, minimum: usdText(tariffs.minimumCharge) } : null;
}

/** What to reserve so that the charge is covered, whatever the plan makes of the metered cost. */
export function holdRequestUnder(billing: RequestBilling | null, { wanted, minimum }: HoldRequest): HoldRequest {
  const reserve = reserveOf(billing) ?? zeroUsd;
  const cover = (metered: NanoUsd): NanoUsd => {
    const charge = chargeFor(billing, metered);
    return nanoUsd(charge > reserve ? charge : reserve);
  };
  return { wanted: cover(wanted), minimum: cover(minimum) };
}

function modeOf(model: string): BilledMode {
  const mode = readNamedPlan(model)?.mode ?? 'chat';
  return mode === 'auto' ? 'mesh' : mode;
}
