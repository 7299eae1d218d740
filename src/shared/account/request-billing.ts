import { z } from 'zod';
import { divideRoundingUp, type NanoUsd, nanoUsd, parseUsd, zeroUsd, nanoUsdPerCent } from '../money.ts';
import { usdTextSchema } from '../money-schemas.ts';

/**
 * How an account pays. `tokens`: the price of its tokens. `credits`: whole credits, a number of which each mode
 * reserves.
 */
export const billingPlanSchema = z.enum(['tokens', 'credits']);
export type BillingPlan = z.infer<typeof billingPlanSchema>;

/** The modes a request can be charged as. A plan named `auto` is a mesh that begins with the cheapest. */
export const billedModes = ['chat', 'mesh', 'compare', 'blend', 'judge'] as const;
export const billedModeSchema = z.enum(billedModes);
export type BilledMode = z.infer<typeof billedModeSchema>;

/**
 * How a request's charge was derived from its metered cost, frozen on the request. Without it, the charge is the
 * metered cost.
 */
export const requestBillingSchema = z.discriminatedUnion('plan', [
  z.object({
    plan: z.literal('tokens'),
    /** The minimum charge of a request. */
    minimum: usdTextSchema,
  }),
  z.object({
    plan: z.literal('credits'),
    mode: billedModeSchema,
    /** Charged first; the difference to the charge is a separate entry. */
    reserved: usdTextSchema,
  }),
]);
export type RequestBilling = z.infer<typeof requestBillingSchema>;

/** GET /v1/tariffs: what is charged besides model prices. */
export const tariffsSchema = z.object({
  object: z.literal('tariffs'),
  /** The plan of new accounts. */
  plan: billingPlanSchema,
  /** The minimum charge per request for accounts that pay for tokens. */
  minimumCharge: usdTextSchema,
  credits: z.object({
    /** The value of one credit. */
    usd: usdTextSchema,
    /** The minimum charge per request. */
    minimum: z.int(),
    /** What each mode reserves. */
    reserves: z.record(billedModeSchema, z.int()),
  }),
});

/** A credit is a cent. */
export function creditsToUsd(credits: number): NanoUsd {
  return nanoUsd(BigInt(credits) * nanoUsdPerCent);
}

/** An amount in credits, exact: "1250", "0.5". */
export function creditsText(amount: NanoUsd): string {
  const magnitude = amount < 0n ? -amount : amount;
  const rest = (magnitude % nanoUsdPerCent).toString().padStart(7, '0').replace(/0+$/, '');
  return `${amount < 0n ? '-' : ''}${magnitude / nanoUsdPerCent}${rest === '' ? '' : `.${rest}`}`;
}

/** The charge of an answered request: for credits a whole number, and at least one, free models included. */
export function chargeFor(billing: RequestBilling | null, metered: NanoUsd): NanoUsd {
  if (!billing) return metered;
  return billing.plan === 'credits' ? inWholeCredits(metered) : larger(metered, parseUsd(billing.minimum) ?? zeroUsd);
}

/** What an account that pays in credits is charged. */
export function inWholeCredits(metered: NanoUsd): NanoUsd {
  return larger(nanoUsd(divideRoundingUp(metered, nanoUsdPerCent) * nanoUsdPerCent), nanoUsd(nanoUsdPerCent));
}

/**
 * The least that several requests are charged in credits, where only the sum of their metered costs is known. Each is
 * rounded up by itself, so together they may cost more, by less than a credit each.
 */
export function leastInCredits(metered: NanoUsd, requests: number): NanoUsd {
  return requests === 0 ? zeroUsd : larger(inWholeCredits(metered), creditsToUsd(requests));
}

/** What is charged first, before the difference; null where the charge is a single entry. */
export function reserveOf(billing: RequestBilling | null): NanoUsd | null {
  return billing?.plan === 'credits' ? parseUsd(billing.reserved) : null;
}

function larger(one: NanoUsd, other: NanoUsd): NanoUsd {
  return one > other ? one : other;
}
