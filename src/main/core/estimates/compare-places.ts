import { type NanoUsd, zeroUsd } from '#shared/money.ts';
import { type CallSize, fitInto, type Place, type SizedCall, sizeCall } from '../envelopes/size-call.ts';

/** The most that a call costs at two places, for an answer as long at both; null: a price is not known. */
export interface ComparedCosts {
  here: NanoUsd | null;
  there: NanoUsd | null;
}

/** Compares what is held for a call: its input, and the longest answer that both places give. */
export function comparePlaces(call: SizedCall, here: Place, there: Place): ComparedCosts {
  const sizes = { here: sizeCall(call, here), there: sizeCall(call, there) };
  const limits = Object.values(sizes).flatMap((size) => (size.kind === 'priced' ? (size.modelLimit ?? []) : []));
  const modelLimit = limits.length > 0 ? Math.min(...limits) : null;
  return { here: mostOf(sizes.here, modelLimit), there: mostOf(sizes.there, modelLimit) };
}

function mostOf(size: CallSize, modelLimit: number | null): NanoUsd | null {
  if (size.kind === 'free') return zeroUsd;
  if (size.kind === 'unpriced') return null;
  const fit = fitInto(null, { ...size, modelLimit });
  return fit.kind === 'too-small' ? size.inputCost : fit.amount;
}

/** Whether the other place is known to cost no more. */
export function costsNoMore({ here, there }: ComparedCosts): boolean {
  return there === zeroUsd || (there !== null && here !== null && there <= here);
}

/** The cheapest first; those whose price is not known come last. */
export function byCost(a: Pick<ComparedCosts, 'there'>, b: Pick<ComparedCosts, 'there'>): number {
  if (a.there === b.there) return 0;
  if (a.there === null || b.there === null) return a.there === null ? 1 : -1;
  return a.there < b.there ? -1 : 1;
}
