import type { KnownPrice } from '#shared/domain/model-price.ts';
import type { Lane } from '#shared/account/request.ts';
import { parseUsd } from '#shared/money.ts';

export interface PricedCandidate {
  lane: Lane | null;
  /** null: not known. */
  price: KnownPrice | null;
}

/**
 * The candidates that cost no more than the first, per input and per output token. One without a known price counts as
 * more expensive.
 */
export function withinFirstPrice<Candidate extends PricedCandidate>(candidates: readonly Candidate[]): Candidate[] {
  const [first, ...others] = candidates;
  if (!first) return [];
  return [first, ...others.filter((candidate) => costsNoMore(candidate, first))];
}

function costsNoMore(candidate: PricedCandidate, than: PricedCandidate): boolean {
  if (candidate.lane === 'local') return true;
  if (than.lane === 'local' || !candidate.price || !than.price) return false;
  const limit = than.price.prices;
  const { input, output } = candidate.price.prices;
  return isAtMost(input, limit.input) && isAtMost(output, limit.output);
}

function isAtMost(price: string, limit: string): boolean {
  const [amount, most] = [parseUsd(price), parseUsd(limit)];
  return amount !== null && most !== null && amount <= most;
}
