import { z } from 'zod';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import { feesSchema, priceTierSchema, priceVariantSchema, tokenPricesSchema } from '#shared/domain/model-price.ts';
import { costAt, unitPricesFor } from '#shared/metering/price-usage.ts';
import { inputTokens, type Usage } from '#shared/metering/usage.ts';
import type { NanoUsd } from '#shared/money.ts';

/** What an upstream charges for a model: the same buckets as the sales prices, dollars per million tokens. */
const costProfileSchema = z.strictObject({
  /** Name of a credential, as attempts show it; `*` matches any text. */
  credential: z.string().min(1).max(200),
  /** Slug of the catalogue; `*` matches any text. */
  model: z.string().min(1).max(200),
  /** Valid from this day on, by UTC; absent: always. */
  from: z.iso.date().exactOptional(),
  prices: tokenPricesSchema,
  tiers: z.array(priceTierSchema).min(1).exactOptional(),
  variants: z.array(priceVariantSchema).min(1).exactOptional(),
  fees: feesSchema.exactOptional(),
});
export const costProfilesSchema = z.array(costProfileSchema).max(10_000);
export type CostProfiles = z.infer<typeof costProfilesSchema>;

export interface Served {
  credential: string;
  model: string;
  atMs: number;
}

/**
 * What the upstream charges the platform for a request. Of the matching profiles, the one with the latest day counts,
 * and of those the first. Null: no profile matches, so the cost is not known; it is never taken for zero.
 */
export function upstreamCost(
  profiles: CostProfiles,
  { credential, model, atMs }: Served,
  usage: Usage,
): NanoUsd | null {
  const startOf = ({ from }: CostProfiles[number]): number => (from === undefined ? 0 : Date.parse(from));
  const [profile] = profiles
    .filter((candidate) => matchesPattern(candidate.credential, credential) && matchesPattern(candidate.model, model))
    .filter((candidate) => startOf(candidate) <= atMs)
    .toSorted((one, other) => startOf(other) - startOf(one));
  return profile ? costAt(usage, unitPricesFor(profile, inputTokens(usage), usage.serviceTier)) : null;
}
