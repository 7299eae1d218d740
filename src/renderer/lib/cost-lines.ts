import { type CostKind, type CostLine, costAt, costLinesOf, type UnitPrices } from '#shared/metering/price-usage.ts';
import type { Usage } from '#shared/metering/usage.ts';
import { type NanoUsd, usdText, nanoUsd } from '#shared/money.ts';

const partsPerNano = 1_000_000n;

export const costNames: Readonly<Record<CostKind, string>> = {
  freshInput: 'Input',
  cacheRead: 'Input read from cache',
  cacheWrite5m: 'Input written to cache, 5 min',
  cacheWrite1h: 'Input written to cache, 1 h',
  audioInput: 'Audio input',
  imageInput: 'Image input',
  outputText: 'Output',
  outputReasoning: 'Reasoning',
  outputAudio: 'Audio output',
  requests: 'The request itself',
  webSearches: 'Web searches',
  images: 'Pictures',
};

export interface CostBreakdown {
  lines: CostLine[];
  /** The lines' sum before rounding, in millionths of a nano-dollar. */
  sum: bigint;
  /** What rounding up added, in millionths of a nano-dollar. */
  rounding: bigint;
  total: NanoUsd;
}

/** A cost taken apart so that a person can check it by hand; rounded once, at the end. */
export function breakDownCost(usage: Usage, unitPrices: UnitPrices): CostBreakdown {
  const lines = costLinesOf(usage, unitPrices);
  const sum = lines.reduce((total, line) => total + line.cost, 0n);
  const total = costAt(usage, unitPrices);
  return { lines, sum, rounding: total * partsPerNano - sum, total };
}

/** Exact dollars of an amount in millionths of a nano-dollar: up to 15 decimals, at least 2. */
export function exactPartsUsd(parts: bigint): string {
  const nano = usdText(nanoUsd(parts / partsPerNano));
  const rest = (parts % partsPerNano).toString().padStart(6, '0').replace(/0+$/, '');
  if (rest === '') return `$${nano}`;
  const [whole = '0', fraction = ''] = nano.split('.');
  return `$${whole}.${fraction.padEnd(9, '0')}${rest}`;
}
