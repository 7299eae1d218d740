import { describe, expect, test } from 'vitest';
import { isRefusedAddress, lookupAllowed } from '#proxy/network/upstream-address.ts';

describe('addresses that no upstream has (A14)', () => {
  test.each([
    '169.254.169.254',
    '0.0.0.0',
    '::ffff:169.254.169.254',
    '[fe80::1]',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    'fd00:ec2::254',
    'fd20:ce::254',
    '100.100.100.200',
    '168.63.129.16',
    '::ffff:100.100.100.200',
  ])('%s, not even for a local provider', (host) => {
    expect(isRefusedAddress(host, true)).toBe(true);
  });

  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    '[::1]',
    'fd12::1',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
  ])('%s, unless a local provider is meant', (host) => {
    expect([isRefusedAddress(host, false), isRefusedAddress(host, true)]).toEqual([true, false]);
  });

  test.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', 'api.openai.com'])('%s is allowed', (host) => {
    expect(isRefusedAddress(host, false)).toBe(false);
  });

  test('a name that resolves to such an address is refused when connecting', async () => {
    const resolve = (mayBePrivate: boolean) =>
      new Promise((done) => lookupAllowed(mayBePrivate)('localhost', {}, (error, address) => done(error ?? address)));
    expect(await resolve(false)).toMatchObject({ code: 'upstream_address_refused' });
    expect(await resolve(true)).toMatch(/^(127\.0\.0\.1|::1)$/);
  });
});
