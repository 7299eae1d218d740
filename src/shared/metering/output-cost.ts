import { divideRoundingUp, type NanoUsd, nanoUsd } from '../money.ts';

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
