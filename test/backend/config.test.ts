import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readConfig } from '#backend/config.ts';
import { settingNames } from '#backend/settings.ts';
import catalogue from '../../resources/price-catalogue.json' with { type: 'json' };

const read = (settings: Record<string, string>) =>
  readConfig({ CORVUSLLM_BACKEND_DATABASE: 'x.db', ...settings }, catalogue);
const test1 = { STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_1' };

describe('Stripe settings', () => {
  test('none: no payments', () => expect(read({}).stripe).toBeNull());

  test('both: payments', () => {
    expect(read(test1).stripe).toEqual({ secretKey: 'sk_test_1', webhookSecrets: ['whsec_1'], apiBase: null });
  });

  test('two webhook secrets while one replaces the other', () => {
    expect(read({ ...test1, STRIPE_WEBHOOK_SECRET: 'whsec_1,whsec_2' }).stripe?.webhookSecrets).toEqual([
      'whsec_1',
      'whsec_2',
    ]);
  });

  test.each([
    ['a key without a webhook secret', { STRIPE_SECRET_KEY: 'sk_test_1' }, 'STRIPE_WEBHOOK_SECRET'],
    ['a webhook secret without a key', { STRIPE_WEBHOOK_SECRET: 'whsec_1' }, 'STRIPE_SECRET_KEY'],
    ['a publishable key', { ...test1, STRIPE_SECRET_KEY: 'pk_test_1' }, 'STRIPE_SECRET_KEY'],
    ['a webhook secret with a space', { ...test1, STRIPE_WEBHOOK_SECRET: 'whsec_1 ' }, 'STRIPE_WEBHOOK_SECRET'],
    ['play money', { ...test1, CORVUSLLM_BACKEND_PLAY_MONEY: 'true' }, 'play money'],
    [
      'a live key without an address for customers',
      { ...test1, STRIPE_SECRET_KEY: 'sk_live_1' },
      'CORVUSLLM_BACKEND_PUBLIC_URL',
    ],
    [
      'a live key without a seller for the invoices',
      { ...test1, STRIPE_SECRET_KEY: 'sk_live_1', CORVUSLLM_BACKEND_PUBLIC_URL: 'https://api.example.com' },
      'CORVUSLLM_BACKEND_SELLER',
    ],
  ])('%s is refused with a sentence that says what is missing', (_, settings, named) => {
    expect(() => read(settings)).toThrow(named);
  });
});

test('upstream costs are a file; without it they are unknown', () => {
  const folder = mkdtempSync(join(tmpdir(), 'corvus-config-'));
  const path = join(folder, 'costs.json');
  const profiles = [
    { credential: 'main', model: 'gpt-*', from: '2026-12-01', prices: { input: '2.50', output: '15.00' } },
  ];
  writeFileSync(path, JSON.stringify(profiles));
  expect(read({ CORVUSLLM_BACKEND_COSTS: path }).costs).toEqual(profiles);
  writeFileSync(path, JSON.stringify([{ ...profiles[0], prices: { input: '2.50' } }]));
  expect(() => read({ CORVUSLLM_BACKEND_COSTS: path })).toThrow('output');
  rmSync(folder, { recursive: true });
  expect(read({}).costs).toEqual([]);
});

test('the seller is a file; a field that is wrong is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'corvus-config-'));
  const path = join(folder, 'seller.json');
  const seller = { name: 'Corvus Compute GmbH', address: ['Lindenstraße 12'], country: 'DE' };
  writeFileSync(path, JSON.stringify(seller));
  expect(read({ CORVUSLLM_BACKEND_SELLER: path }).seller).toMatchObject({ ...seller, taxId: null });
  writeFileSync(path, JSON.stringify({ ...seller, country: 'Germany' }));
  expect(() => read({ CORVUSLLM_BACKEND_SELLER: path })).toThrow('country');
  rmSync(folder, { recursive: true });
  expect(read({}).seller).toBeNull();
});

test('docs/operating.md explains every setting, and no other', () => {
  const table = /<!-- settings -->([^]*)<!-- \/settings -->/.exec(readFileSync('docs/operating.md', 'utf8'))?.[1] ?? '';
  const explained = table
    .split('\n')
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(explained.toSorted()).toEqual([...settingNames].toSorted());
});

test('trusted proxies: private ones, the named ones, or none', () => {
  expect(read({}).trustedProxies).toContain('10.0.0.0/8');
  expect(read({ CORVUSLLM_BACKEND_TRUSTED_PROXIES: '203.0.113.4,2001:db8::/32' }).trustedProxies).toEqual([
    '203.0.113.4',
    '2001:db8::/32',
  ]);
  expect(read({ CORVUSLLM_BACKEND_TRUSTED_PROXIES: '' }).trustedProxies).toEqual([]);
  expect(() => read({ CORVUSLLM_BACKEND_TRUSTED_PROXIES: '10.0.0.0/40' })).toThrow('10.0.0.0/8');
});

describe('the operator token', () => {
  test('none: no operator pages', () => expect(read({}).adminToken).toBeNull());

  test.each(['short', 'x'.repeat(31), `${'x'.repeat(32)} `])('%j is refused', (token) => {
    expect(() => read({ CORVUSLLM_BACKEND_ADMIN_TOKEN: token })).toThrow('32 characters');
  });
});

test('charges beside tokens: unnamed modes keep their reserve; a wrong number of credits is refused', () => {
  expect(read({}).tariffs).toEqual({
    plan: 'tokens',
    modeCredits: { chat: 1, mesh: 1, compare: 2, blend: 4, judge: 5 },
    minimumCharge: 0n,
  });
  const given = {
    CORVUSLLM_BACKEND_BILLING_PLAN: 'credits',
    CORVUSLLM_BACKEND_MODE_CREDITS: 'compare=3,judge=6',
    CORVUSLLM_BACKEND_MINIMUM_CHARGE: '0.0001',
  };
  expect(read(given).tariffs).toEqual({
    plan: 'credits',
    modeCredits: { chat: 1, mesh: 1, compare: 3, blend: 4, judge: 6 },
    minimumCharge: 100_000n,
  });
  expect(() => read({ CORVUSLLM_BACKEND_MODE_CREDITS: 'compare=0' })).toThrow('CORVUSLLM_BACKEND_MODE_CREDITS');
  expect(() => read({ CORVUSLLM_BACKEND_MODE_CREDITS: 'chat=1,dream=2' })).toThrow('CORVUSLLM_BACKEND_MODE_CREDITS');
});

test('the first-byte timeouts can be set, and have defaults', () => {
  expect(read({})).toMatchObject({ firstByteTimeouts: { usual: 180, reasoning: 600 } });
  const settings = { CORVUSLLM_BACKEND_FIRST_BYTE_TIMEOUT: '20', CORVUSLLM_BACKEND_REASONING_TIMEOUT: '30' };
  expect(read(settings)).toMatchObject({ firstByteTimeouts: { usual: 20, reasoning: 30 } });
  for (const name of Object.keys(settings)) expect(() => read({ [name]: '4' })).toThrow(name);
});

test('the numbers of concurrent calls and event streams can be set, and have defaults', () => {
  expect(read({})).toMatchObject({
    concurrency: { key: 200, account: 400, total: 2_000 },
    streamLimits: { key: 16, account: 100 },
  });
  const settings = {
    CORVUSLLM_BACKEND_KEY_CONCURRENCY: '5',
    CORVUSLLM_BACKEND_ACCOUNT_CONCURRENCY: '6',
    CORVUSLLM_BACKEND_CONCURRENCY: '7',
    CORVUSLLM_BACKEND_KEY_STREAMS: '8',
    CORVUSLLM_BACKEND_ACCOUNT_STREAMS: '9',
  };
  expect(read(settings)).toMatchObject({
    concurrency: { key: 5, account: 6, total: 7 },
    streamLimits: { key: 8, account: 9 },
  });
  for (const name of Object.keys(settings)) expect(() => read({ [name]: '0' })).toThrow(name);
});

describe('what is wrong with the file of a setting is said with its name', () => {
  const json = ['POOLS', 'COSTS', 'PRICES', 'SELLER'].map((name) => `CORVUSLLM_BACKEND_${name}`);
  const folder = mkdtempSync(join(tmpdir(), 'corvus-config-'));
  const path = join(folder, 'file.json');
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([...json, 'CORVUSLLM_BACKEND_DOCUMENT_FONTS'])('%s: it is not there', (name) => {
    const missing = join(folder, 'missing.json');
    expect(() => read({ [name]: missing })).toThrow(
      `${name} names a file that cannot be read: ENOENT: no such file or directory, open '${missing}'`,
    );
  });

  test.each(json)('%s: it is not JSON', (name) => {
    writeFileSync(path, '{');
    expect(() => read({ [name]: path })).toThrow(`${name} is not JSON: ${path}`);
  });

  test.each(['CORVUSLLM_BACKEND_POOLS', 'CORVUSLLM_BACKEND_SELLER'])('%s: it says something else', (name) => {
    writeFileSync(path, '{"corvus":"other"}');
    expect(() => read({ [name]: path })).toThrow(`${name} is not valid: ${path}\n`);
  });
});
