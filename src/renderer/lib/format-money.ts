import { type NanoUsd, nanoUsd, parseUsd, roundDownToCents, usdText } from '#shared/money.ts';

const nanoPerUsd = 1_000_000_000n;
const smallestShown = 1_000n;

/** Every digit there is, with thousands marked: "$1,234,567.89", "−$0.000000125". */
export function exactUsd(amount: NanoUsd): string {
  const [whole = '0', fraction = '00'] = usdText(magnitude(amount)).split('.');
  return `${sign(amount)}$${grouped(whole)}.${fraction}`;
}

/** For lists: cents from a dollar up, four decimals from a cent up, six below. Something is never shown as nothing. */
export function shortUsd(amount: NanoUsd): string {
  const size = magnitude(amount);
  if (size > 0n && size < smallestShown) return `${amount < 0n ? '−' : ''}<$0.000001`;
  const decimals = size === 0n || size >= nanoPerUsd ? 2 : size >= nanoPerUsd / 100n ? 4 : 6;
  const rounded = rounding(size, decimals);
  const [whole = '0', fraction = ''] = usdText(rounded).split('.');
  return `${sign(amount)}$${grouped(whole)}.${fraction.padEnd(decimals, '0').slice(0, decimals)}`;
}

/** What may be promised as spendable: whole cents, rounded down. */
export function spendableUsd(amount: NanoUsd): string {
  return exactUsd(roundDownToCents(amount));
}

/** For very little room: "$1.23M", "$12.3k", "$25.00". Rounded down, like everything that is promised. */
export function compactUsd(amount: NanoUsd): string {
  const dollars = magnitude(amount) / nanoPerUsd;
  if (dollars < 1_000n) return spendableUsd(amount);
  const [unit, letter] = dollars < 1_000_000n ? [1_000n, 'k'] : [1_000_000n, 'M'];
  const decimals = dollars / unit < 100n ? 1 : 0;
  const scaled = (dollars * 10n ** BigInt(decimals)) / unit;
  const text = decimals === 0 ? String(scaled) : `${scaled / 10n}.${scaled % 10n}`;
  return `${sign(amount)}$${text}${letter}`;
}

/** A price per million tokens, as the catalogue writes it: "$1.25". */
export function priceText(price: string): string {
  const amount = parseUsd(price);
  return amount === null ? 'unknown' : exactUsd(amount);
}

function rounding(size: NanoUsd, decimals: number): NanoUsd {
  const step = 10n ** BigInt(9 - decimals);
  return nanoUsd(((size + step / 2n) / step) * step);
}

function magnitude(amount: NanoUsd): NanoUsd {
  return amount < 0n ? nanoUsd(-amount) : amount;
}

function sign(amount: NanoUsd): string {
  return amount < 0n ? '−' : '';
}

function grouped(whole: string): string {
  return whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
