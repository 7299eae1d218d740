import type { z } from 'zod';

/** An amount of US dollars in integer nano-dollars (1 USD = 1,000,000,000). The only type money has inside Corvus. */
export type NanoUsd = bigint & z.$brand<'NanoUsd'>;

const NANO_DIGITS = 9;
const NANO_PER_USD = 10n ** BigInt(NANO_DIGITS);
export const nanoUsdPerCent = 10_000_000n;
/** What is a decimal dollar string. */
export const decimalUsd = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?$/;

export const zeroUsd = 0n as NanoUsd;

/** Brands an integer count of nano-dollars. */
export function nanoUsd(value: bigint): NanoUsd {
  return value as NanoUsd;
}

/** Parses a decimal dollar string ("12.34", at most 9 decimals); null when it is not one. */
export function parseUsd(text: string): NanoUsd | null {
  const match = decimalUsd.exec(text);
  if (!match) return null;
  const [, sign = '', whole = '0', fraction = ''] = match;
  const magnitude = BigInt(whole) * NANO_PER_USD + BigInt(fraction.padEnd(NANO_DIGITS, '0'));
  return nanoUsd(sign === '-' ? -magnitude : magnitude);
}

/** The exact decimal dollar string, without trailing zeros beyond cents: 1500000000n -> "1.50". */
export function usdText(amount: NanoUsd): string {
  const magnitude = amount < 0n ? -amount : amount;
  const fraction = (magnitude % NANO_PER_USD).toString().padStart(NANO_DIGITS, '0');
  const trimmed = fraction.slice(0, 2) + fraction.slice(2).replace(/0+$/, '');
  return `${amount < 0n ? '-' : ''}${magnitude / NANO_PER_USD}.${trimmed}`;
}

/** Dollars and whole cents, rounded down: safe to show as spendable. */
export function roundDownToCents(amount: NanoUsd): NanoUsd {
  const rest = ((amount % nanoUsdPerCent) + nanoUsdPerCent) % nanoUsdPerCent;
  return nanoUsd(amount - rest);
}

/** Of two amounts. */
export function lesserOf(one: bigint, other: bigint): NanoUsd {
  return nanoUsd(one < other ? one : other);
}

/** A debt counts as nothing. */
export function atLeastZero(amount: bigint): NanoUsd {
  return nanoUsd(amount > 0n ? amount : 0n);
}

/** Integer division rounded up, for non-negative numerators: the only rounding of a cost. */
export function divideRoundingUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

export function sumUsd(amounts: Iterable<NanoUsd>): NanoUsd {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return nanoUsd(total);
}
