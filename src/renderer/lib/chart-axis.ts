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

/** What stands beside the steps: amounts of money all with as many decimals as their distance needs. */
export function axisTexts(steps: readonly number[], measure: UsageMeasure): string[] {
  const [, step = 1] = steps;
  const decimals = Math.max(2, -Math.floor(Math.log10(step) + 1e-9));
  return steps.map((value) => (measure === 'cost' ? `$${value.toFixed(decimals)}` : sizeText(value, measure)));
}

/** The size of one part of a bar. */
export function sizeText(value: number, measure: UsageMeasure): string {
  if (measure === 'tokens') return tokensText(Math.round(value));
  if (measure !== 'cost') return Number.isInteger(value) ? countText(value) : '';
  const amount = parseUsd(value.toFixed(9));
  return amount === null ? '' : shortUsd(amount);
}
