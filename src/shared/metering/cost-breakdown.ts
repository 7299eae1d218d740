import { type CostKind, type CostLine, costAt, costLinesOf, type UnitPrices } from './price-usage.ts';
import type { Usage } from './usage.ts';
import type { NanoUsd } from '../money.ts';

const partsPerNano = 1_000_000n;
const exactDecimals = 15;

/** What a line of a cost is called, on a receipt and in the app. */
export const costNames: Readonly<Record<CostKind, string>> = {
  freshInput: 'Input',
  cacheRead: 'Read from the cache',
  cacheWrite5m: 'Written to the cache, 5 minutes',
  cacheWrite1h: 'Written to the cache, 1 hour',
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
export function exactPartsText(parts: bigint): string {
  const digits = parts.toString().padStart(exactDecimals + 1, '0');
  const fraction = digits.slice(-exactDecimals);
  return `${digits.slice(0, -exactDecimals)}.${fraction.slice(0, 2)}${fraction.slice(2).replace(/0+$/, '')}`;
}
