import { type CostLine, costLinesOf, type UnitPrices } from '#shared/metering/price-usage.ts';
import type { Usage } from '#shared/metering/usage.ts';
import { divideRoundingUp, nanoUsd, usdText } from '#shared/money.ts';

export interface CostExplanation {
  /** Costs are exact, which takes up to fifteen decimals. */
  lines: (Omit<CostLine, 'cost'> & { cost: string })[];
  exact: string;
  /** Up to a whole nano-dollar: the only rounding. */
  rounded: string;
}

const perNano = 1_000_000n;
const decimals = 15;

/** A request's cost as a sum that can be checked by hand. */
export function explainCost(usage: Usage, unitPrices: UnitPrices): CostExplanation {
  const lines = costLinesOf(usage, unitPrices);
  const total = lines.reduce((sum, { cost }) => sum + cost, 0n);
  return {
    lines: lines.map((line) => ({ ...line, cost: exactText(line.cost) })),
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
