import { isIP } from 'node:net';

/**
 * An address as it is written of itself: without brackets, port and zone, and of IPv4 also where IPv6 carries it. Null when it is none.
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
 * Who counts as one where attempts of an address are bounded: an address of IPv4, and of IPv6 the network that a single customer of a
 * provider gets whole, the first 64 bits. What is no address at all is one group together.
 */
export function addressGroup(text: string): string {
  const address = plainAddress(text);
  if (address === null) return 'unknown';
  if (isIP(address) === 4) return address;
  const network = partsOf(address).slice(0, 4);
  return `${network.map((part) => part.toString(16)).join(':')}::/64`;
}

/** The eight parts of an address of IPv6, however it is shortened. */
function partsOf(address: string): number[] {
  // The one that writes an IPv4 tail as the two parts that it stands for.
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [before = '', after] = written.split('::');
  const [head, tail] = [before, after ?? ''].map((half) => half.split(':').filter((part) => part !== ''));
  const missing = 8 - (head?.length ?? 0) - (tail?.length ?? 0);
  return [...(head ?? []), ...Array.from({ length: after === undefined ? 0 : missing }, () => '0'), ...(tail ?? [])].map((part) =>
    Number.parseInt(part, 16),
  );
}
