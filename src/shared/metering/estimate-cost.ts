import type { KnownPrice } from '../domain/model-price.ts';
import type { NanoUsd } from '../money.ts';
import { dearestOutput } from './output-cost.ts';
import { costAt, unitPricesFor } from './price-usage.ts';
import { makeUsage, type UsageBucket } from './usage.ts';

/** How large a call that was not made would be, in tokens. */
export interface ExpectedUsage {
  input: Readonly<Partial<Record<UsageBucket, number>>>;
  output: number;
  /** The service tier asked for. Absent: none. */
  serviceTier?: string;
}

/**
 * What such a call would cost, by the prices and the rounding of real ones; null: the price is not known, which is not
 * the same as free. Output counts as its dearest kind, as holds do.
 */
export function estimateCost(price: KnownPrice | null, { input, output, serviceTier }: ExpectedUsage): NanoUsd | null {
  if (!price) return null;
  const inputTokens = Object.values(input).reduce((sum, tokens) => sum + tokens, 0);
  const prices = unitPricesFor(price, inputTokens, serviceTier);
  const answered = price.mode === 'embedding' ? {} : { [dearestOutput(prices)]: output };
  return costAt(makeUsage({ ...input, ...answered }), prices);
}
