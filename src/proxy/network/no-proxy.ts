import { withoutBrackets } from '#shared/domain/network.ts';
import { BlockList, isIP } from 'node:net';

/** Whether an address of `NO_PROXY` or a similar list names this host: then it is reached without the proxy. */
export function isExempt(url: URL, noProxy: string): boolean {
  const host = bareHost(url.hostname);
  if (isLoopback(host)) return true;
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => matches(entry.toLowerCase(), host, port));
}

/** This machine, which is never reached through a proxy. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function bareHost(hostname: string): string {
  return withoutBrackets(hostname.toLowerCase()).replace(/\.$/, '');
}

/**
 * `*`, a name with what is below it (`example.com`, `.example.com`, `*.example.com`), an address, a network; each with
 * or without a port.
 */
function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInNetwork(entry, host);
  const { name, only } = splitPort(entry);
  if (only !== null && only !== port) return false;
  if (isIP(name) !== 0 || isIP(host) !== 0) return sameAddress(name, host);
  const domain = name.replace(/^\*?\./, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function splitPort(entry: string): { name: string; only: string | null } {
  if (isIP(entry) === 6) return { name: entry, only: null };
  const [, name = entry, only = null] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(entry) ?? [];
  return { name, only };
}

function sameAddress(entry: string, host: string): boolean {
  const version = isIP(host);
  if (version === 0 || isIP(entry) !== version) return false;
  const list = new BlockList();
  list.addAddress(entry, familyOf(version));
  return list.check(host, familyOf(version));
}

function isInNetwork(entry: string, host: string): boolean {
  const [network = '', bits = ''] = entry.split('/');
  const version = isIP(network);
  const longest = version === 6 ? 128 : 32;
  if (version === 0 || isIP(host) !== version || !/^\d{1,3}$/.test(bits) || Number(bits) > longest) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), familyOf(version));
  return list.check(host, familyOf(version));
}

function familyOf(version: number): 'ipv4' | 'ipv6' {
  return version === 6 ? 'ipv6' : 'ipv4';
}
