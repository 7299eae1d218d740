import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createClientAddress, isNetwork, privateNetworks } from '#backend/auth/client-address.ts';

const asked = (proxies: readonly string[], remoteAddress: string, forwarded?: string) =>
  createClientAddress(proxies)({
    socket: { remoteAddress } as Socket,
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  });

test.each<[string, readonly string[], string, string | undefined, string]>([
  ['a stranger is who it is', privateNetworks, '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['a private proxy is believed where nothing is set', privateNetworks, '10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['also where it comes over IPv6', privateNetworks, '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['what the client claimed stands before it', privateNetworks, '10.1.2.3', '192.0.2.1, 198.51.100.1', '198.51.100.1'],
  ['one that says nothing is the client', privateNetworks, '10.1.2.3', undefined, '10.1.2.3'],
  ['a proxy that is set is believed', ['203.0.113.0/24'], '203.0.113.9', '198.51.100.1', '198.51.100.1'],
  ['then another is not, though it is private', ['203.0.113.0/24'], '10.1.2.3', '198.51.100.1', '10.1.2.3'],
  ['one address is one', ['10.1.2.3'], '10.1.2.4', '198.51.100.1', '10.1.2.4'],
  ['a network of IPv6', ['2001:db8::/32'], '2001:db8:1::5', '2001:db9::1', '2001:db9::1'],
  ['no proxy is trusted where none is set', [], '127.0.0.1', '198.51.100.1', '127.0.0.1'],
])('%s', (_, proxies, peer, forwarded, client) => expect(asked(proxies, peer, forwarded)).toBe(client));

test.each([
  '10.0.0.0/33',
  '10.0.0',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '::/129',
  'proxy.example',
  '10.0.0.0/-1',
  '10.0.0.0/0x8',
  '',
])('%j is no network', (text) => expect(isNetwork(text)).toBe(false));
