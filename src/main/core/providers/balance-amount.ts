import { type NanoUsd, nanoUsd, parseUsd, usdText } from '#shared/money.ts';
import type { ProviderAmount } from './adapter.ts';

/** No prepaid balance is this large; some services write it where they mean "unlimited". */
const sentinel = 100_000_000n * 1_000_000_000n;
const plainDecimal = /^(-?\d{1,12})(?:\.(\d{1,9})\d*)?$/;

/** Nano-units of whatever currency a provider counts in, from its number or text. Digits beyond the ninth are cut. null: no amount. */
export function readAmount(value: unknown): NanoUsd | null {
  const text = typeof value === 'number' ? String(value) : value;
  const match = typeof text === 'string' ? plainDecimal.exec(text.trim()) : null;
  return match ? parseUsd(`${match[1]}.${match[2] ?? '0'}`) : null;
}

/** As something to show: null for what is no money to spend, such as a debt, a stand-in for "unlimited", or points of the house. */
export function shownAmount(amount: NanoUsd | null, currency: string): ProviderAmount | null {
  const isMoney = amount !== null && amount >= 0n && amount < sentinel && /^[A-Z]{3}$/.test(currency);
  return isMoney ? { amount: usdText(amount), currency } : null;
}

/** What is left when the one was used of the other. */
export function difference(total: NanoUsd | null, used: NanoUsd | null): NanoUsd | null {
  return total === null || used === null ? null : nanoUsd(total - used);
}
