import { expect, test } from 'vitest';
import { createAddressLimit } from '#backend/limits/address-limit.ts';
import { addressGroup, plainAddress } from '#backend/auth/address-group.ts';
import { createLoginThrottle } from '#backend/auth/login-throttle.ts';

test.each<[string, string]>([
  ['203.0.113.9', '203.0.113.9'],
  ['203.0.113.9:51000', '203.0.113.9'],
  [' 203.0.113.9 ', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::FFFF:cb00:7109', '203.0.113.9'],
  ['[::ffff:203.0.113.9]:80', '203.0.113.9'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:0:0:0:0', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::1]', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::1]:443', '2001:db8:1:2::/64'],
  ['"[2001:db8:1:2::1]:443"', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['[fe80::1%25eth0]:80', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', 'unknown'],
  ['unknown', 'unknown'],
  ['_hidden', 'unknown'],
  ['203.0.113', 'unknown'],
  ['2001:db8::1::2', 'unknown'],
  ['203.0.113.9, 198.51.100.1', 'unknown'],
])('%j counts as %s (F27)', (address, group) => expect(addressGroup(address)).toBe(group));

test('what is no address has no canonical form, however it is written', () => {
  for (const text of ['[', '[]', ']:1', '[::1', 'a'.repeat(10_000), '::ffff:999.1.1.1', '1.2.3.4:99999999', '%', '"']) {
    expect(plainAddress(text), text).toBeNull();
  }
});

test.each<[string, (take: number) => string]>([
  ['of one network of 64 bits', (number) => `2001:db8:1:2::${number.toString(16)}`],
  [
    'of one address of IPv4, written with IPv6 and without',
    (number) => (number % 2 === 0 ? '203.0.113.9' : '::ffff:203.0.113.9'),
  ],
  ['of one address with ports', (number) => `203.0.113.9:${40_000 + number}`],
])('all addresses %s share one limit (F27)', (_, addressOf) => {
  const attempts = createLoginThrottle(() => 0);
  const requests = createAddressLimit(() => 0, 10);
  const numbers = Array.from({ length: 40 }, (__, index) => index);
  expect(numbers.filter((number) => attempts.take(addressOf(number)))).toHaveLength(10);
  expect(numbers.filter((number) => requests.take(addressOf(number)) === null)).toHaveLength(10);
  expect(attempts.take('2001:db8:1:3::1')).toBe(true);
  attempts.giveBack(addressOf(39));
  expect(attempts.take(addressOf(1))).toBe(true);
});

test('beyond the maximum, new networks share one count, so that memory stays bounded (F27)', () => {
  const attempts = createLoginThrottle(() => 0);
  for (let number = 0; number < 100_000; number += 1)
    attempts.take(`10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`);
  const more = Array.from({ length: 40 }, (_, index) => attempts.take(`203.0.113.${index}`));
  expect(more.filter(Boolean)).toHaveLength(10);
});
