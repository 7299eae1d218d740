import { type NanoUsd, nanoUsd, parseUsd, usdText } from '#shared/money.ts';
import type { ProviderAmount } from './adapter.ts';

/** No prepaid balance is this large; some services write it for "unlimited". */
const sentinel = 100_000_000n * 1_000_000_000n;
const plainDecimal = /^(-?\d{1,12})(?:\.(\d{1,9})\d*)?$/;

/** Nano-units of a provider's currency, from its number or text. Digits beyond the ninth are cut. null: no amount. */
export function readAmount(value: unknown): NanoUsd | null {
  const text = typeof value === 'number' ? String(value) : value;
  const match = typeof text === 'string' ? plainDecimal.exec(text.trim()) : null;
  return match ? parseUsd(`${match[1]}.${match[2] ?? '0'}`) : null;
}

/**
 * For display: null for an amount that cannot be spent, such as a debt, a placeholder for "unlimited", or the
 * provider's own points.
 */
export function shownAmount(amount: NanoUsd | null, currency: string): ProviderAmount | null {
  const isMoney = amount !== null && amount >= 0n && amount < sentinel && /^[A-Z]{3}$/.test(currency);
  return isMoney ? { amount: usdText(amount), currency } : null;
}

/** The remainder of one amount after another was used. */
export function difference(total: NanoUsd | null, used: NanoUsd | null): NanoUsd | null {
  return total === null || used === null ? null : nanoUsd(total - used);
}
