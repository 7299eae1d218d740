import type { UnitPrices } from '#shared/metering/price-usage.ts';
import { type Usage, type UsageBucket, usageBuckets } from '#shared/metering/usage.ts';
import { divideRoundingUp, nanoUsd, parseUsd, usdText } from '#shared/money.ts';

interface CostLine {
  bucket: UsageBucket;
  tokens: number;
  /** Dollars per million tokens. */
  unitPrice: string;
  /** Exact, which takes up to fifteen decimals. */
  cost: string;
}

export interface CostExplanation {
  lines: CostLine[];
  exact: string;
  /** Up to a whole nano-dollar: the one rounding there is. */
  rounded: string;
}

const perNano = 1_000_000n;
const decimals = 15;

/** A request's cost as a sum that can be checked by hand. */
export function explainCost(usage: Usage, unitPrices: UnitPrices): CostExplanation {
  const products = usageBuckets
    .filter((bucket) => usage[bucket] > 0)
    .map((bucket) => ({ bucket, tokens: usage[bucket], product: BigInt(usage[bucket]) * (parseUsd(unitPrices[bucket]) ?? 0n) }));
  const total = products.reduce((sum, { product }) => sum + product, 0n);
  return {
    lines: products.map(({ bucket, tokens, product }) => ({ bucket, tokens, unitPrice: unitPrices[bucket], cost: exactText(product) })),
    exact: exactText(total),
    rounded: usdText(nanoUsd(divideRoundingUp(total, perNano))),
  };
}

/** Millionths of a nano-dollar as dollars, without trailing zeros beyond cents. */
function exactText(amount: bigint): string {
  const digits = amount.toString().padStart(decimals + 1, '0');
  const fraction = digits.slice(-decimals);
  return `${digits.slice(0, -decimals)}.${fraction.slice(0, 2)}${fraction.slice(2).replace(/0+$/, '')}`;
}
