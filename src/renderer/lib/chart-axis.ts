import type { UsageMeasure } from '#shared/contract/usage.ts';
import { parseUsd } from '#shared/money.ts';
import { shortUsd } from './format-money.ts';
import { countText, tokensText } from './format-number.ts';

/** Round numbers from zero to the first that is not below `most`: about four. */
export function axisSteps(most: number): number[] {
  if (!(most > 0)) return [0, 1];
  const rough = most / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((factor) => factor * unit >= rough) ?? 10);
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, index) => index * step);
}

export function axisText(value: number, measure: UsageMeasure): string {
  if (measure === 'tokens') return tokensText(Math.round(value));
  if (measure !== 'cost') return Number.isInteger(value) ? countText(value) : '';
  if (value === 0 || value >= 1) return `$${value.toFixed(2)}`;
  // Steps between cents need a third digit.
  if (value >= 0.01) return `$${value.toFixed(3)}`;
  const amount = parseUsd(value.toFixed(9));
  return amount === null ? '' : shortUsd(amount);
}
