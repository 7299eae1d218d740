import type { KnownPrice } from '#shared/domain/model-price.ts';
import { inWholeCredits } from '#shared/account/request-billing.ts';
import type { Lane } from '#shared/account/request.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';

interface Priced {
  lane: Lane | null;
  /** null: not known. */
  price: KnownPrice | null;
  /** Whole credits are charged there. */
  inCredits?: boolean;
}

export interface ExpectedSize {
  inputTokens: number;
  /** null: the caller set no limit. */
  maxOutputTokens: number | null;
}

/** The assumed length of an answer without a limit. */
const usualOutputTokens = 800;

/** The candidates that have room for the call, the cheapest first; those without a known price come last. */
export function cheapestFirst<Candidate extends Priced>(
  candidates: readonly Candidate[],
  size: ExpectedSize,
): Candidate[] {
  const fitting = candidates.filter(({ price }) => hasRoom(price, size));
  return (fitting.length > 0 ? fitting : [...candidates])
    .map((candidate) => ({ candidate, cost: expectedCost(candidate, size) }))
    .sort((a, b) => (a.cost === b.cost ? 0 : a.cost === null ? 1 : b.cost === null ? -1 : a.cost < b.cost ? -1 : 1))
    .map(({ candidate }) => candidate);
}

function hasRoom(price: KnownPrice | null, { inputTokens, maxOutputTokens }: ExpectedSize): boolean {
  const output = maxOutputTokens ?? 0;
  const isShortEnough = price?.contextTokens === undefined || inputTokens + output <= price.contextTokens;
  return isShortEnough && (price?.maxOutputTokens === undefined || output <= price.maxOutputTokens);
}

function expectedCost(
  { lane, price, inCredits = false }: Priced,
  { inputTokens, maxOutputTokens }: ExpectedSize,
): bigint | null {
  if (lane === 'local') return 0n;
  if (!price) return null;
  const outputText = Math.min(maxOutputTokens ?? usualOutputTokens, usualOutputTokens);
  const { costNanoUsd } = priceUsage(makeUsage({ freshInput: inputTokens, outputText }), price);
  return inCredits ? inWholeCredits(costNanoUsd) : costNanoUsd;
}
