import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { plainAddress } from './address-group.ts';

/** The client's address: the peer, or what the service's own proxy names last in `X-Forwarded-For`. */
export type ClientAddress = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string;

/** Networks that only the service's own proxy is expected to connect from, unless an operator configures others. */
export const privateNetworks: readonly string[] = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1',
  'fc00::/7',
];

/**
 * @param proxies addresses and networks of trusted proxies; from anywhere else the header is ignored, as anyone can set
 * it
 */
export function createClientAddress(proxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const proxy of proxies) {
    const { address, family, bits } = readNetwork(proxy);
    trusted.addSubnet(address, bits, family);
  }
  return ({ headers, socket }) => {
    const peer = plainAddress(socket.remoteAddress ?? '');
    if (peer === null) return '';
    if (!trusted.check(peer, familyOf(peer))) return peer;
    const forwarded = [headers['x-forwarded-for'] ?? ''].flat().join(',');
    return plainAddress(forwarded.split(',').at(-1) ?? '') ?? peer;
  };
}

export function isNetwork(text: string): boolean {
  const { address, bits } = readNetwork(text);
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return Number.isInteger(bits) && bits >= 0 && bits <= most && /^[^/]+(\/\d+)?$/.test(text);
}

/** A network such as `10.0.0.0/8`, or one address. */
function readNetwork(text: string): { address: string; family: 'ipv4' | 'ipv6'; bits: number } {
  const [address = '', bits] = text.split('/');
  const family = familyOf(address);
  return { address, family, bits: Number(bits ?? (family === 'ipv6' ? 128 : 32)) };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
