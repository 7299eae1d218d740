import { isIP } from 'node:net';

/**
 * An address in canonical form: without brackets, port and zone, and IPv4 also where IPv6 carries it. Null when it is
 * none.
 */
export function plainAddress(text: string): string | null {
  const trimmed = text.trim().replace(/^"(.*)"$/, '$1');
  const bare = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(trimmed)?.[1] ?? trimmed;
  const address = bare.replace(/%.*$/, '');
  if (isIP(address) !== 6) return isIP(address) === 4 ? address : null;
  const parts = partsOf(address);
  const isMapped = parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff;
  if (!isMapped) return address.toLowerCase();
  const [high = 0, low = 0] = parts.slice(6);
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/**
 * What counts as one sender where attempts are limited: an IPv4 address, or the first 64 bits of an IPv6 address, which
 * is what a provider assigns to one customer. Everything that is no address is one group.
 */
export function addressGroup(text: string): string {
  const address = plainAddress(text);
  if (address === null) return 'unknown';
  if (isIP(address) === 4) return address;
  const network = partsOf(address).slice(0, 4);
  return `${network.map((part) => part.toString(16)).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, however it is shortened. */
function partsOf(address: string): number[] {
  // An IPv4 tail, written as the two groups that it stands for.
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [before = '', after] = written.split('::');
  const [head, tail] = [before, after ?? ''].map((half) => half.split(':').filter((part) => part !== ''));
  const missing = 8 - (head?.length ?? 0) - (tail?.length ?? 0);
  return [
    ...(head ?? []),
    ...Array.from({ length: after === undefined ? 0 : missing }, () => '0'),
    ...(tail ?? []),
  ].map((part) => Number.parseInt(part, 16));
}
