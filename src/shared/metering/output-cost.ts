import { divideRoundingUp, type NanoUsd, nanoUsd, parseUsd } from '../money.ts';
import type { UnitPrices } from './price-usage.ts';

const tokensPerRate = 1_000_000n;

/** @param outputRate nano-dollars per million tokens */
export function costOfOutput(tokens: number, outputRate: bigint): NanoUsd {
  return nanoUsd(divideRoundingUp(BigInt(Math.ceil(tokens)) * outputRate, tokensPerRate));
}

/** How many tokens of output an amount pays for; infinite where output is free. */
export function tokensFor(amount: bigint, outputRate: bigint): number {
  if (outputRate === 0n) return Number.POSITIVE_INFINITY;
  return amount <= 0n ? 0 : Number((amount * tokensPerRate) / outputRate);
}

/** The higher rate of text and reasoning, because it is not known beforehand how much of an answer is which. */
export function dearestOutput({ outputText, outputReasoning }: UnitPrices): 'outputText' | 'outputReasoning' {
  return (parseUsd(outputReasoning) ?? 0n) > (parseUsd(outputText) ?? 0n) ? 'outputReasoning' : 'outputText';
}
