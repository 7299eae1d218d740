import type { KnownPrice } from '../domain/model-price.ts';
import type { NanoUsd } from '../money.ts';
import { costAt, unitPricesFor } from './price-usage.ts';
import type { Usage } from './usage.ts';

/** What several requests consumed, as far as they are priced alike: in one service tier, and of one class of input. */
export interface UsageSum {
  requests: number;
  usage: Usage;
  /** Each of them had more tokens of input than this, and none more than the next border. */
  inputAbove: number;
}

/**
 * Where prices change with the length of the input: those of the catalogue, which a test compares, and of public price
 * lists. A border of another list counts as the next higher one.
 */
export const inputBorders: readonly number[] = [100_000, 128_000, 200_000, 256_000, 272_000, 512_000];

/** The class of an input: the highest border that it is above; 0 for most. */
export function inputAbove(inputTokens: number): number {
  return inputBorders.findLast((border) => inputTokens > border) ?? 0;
}

/** What the requests would have cost in sum at this price: as if each were priced alone, but rounded once. */
export function costOfSum({ requests, usage, inputAbove: border }: UsageSum, price: KnownPrice): NanoUsd {
  return costAt(usage, unitPricesFor(price, border + 1, usage.serviceTier), requests);
}
