import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adminToken, operatorOf } from '../../support/operator-calls.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';
import { startTestBackend } from '../../support/start-test-backend.ts';

let paid: PaidService;

beforeEach(async () => {
  paid = await startPaidService({ adminToken });
});

afterEach(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

const { admin, rows } = operatorOf(() => paid);
const reason = 'asked for by telephone';

describe('who is admitted', () => {
  test.each(['admin/api/overview', 'admin/api/nothing', 'admin', 'admin/login'])(
    'without a token there is no /%s',
    async (path) => {
      await using service = await startTestBackend();
      expect((await service.call(`/${path}`, { key: adminToken })).status).toBe(404);
    },
  );

  test.each([
    ['a customer key', () => paid.service.customerKey],
    ['a token with one character more', () => `${adminToken}x`],
    ['a token with one character less', () => adminToken.slice(1)],
  ])('%s is refused', async (_, key) => {
    const reply = await paid.service.call('/admin/api/overview', { key: key() });
    expect(reply.status).toBe(401);
    expect(await reply.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  });

  test('changes are taken as JSON only', async () => {
    expect(await admin('customers', { label: 'x', reason }, { 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
    });
  });
});

describe('customers', () => {
  test('an account is opened, found, given credit once, and its key revoked', async () => {
    const { body: opened } = await admin('customers', { label: 'Ärger Analytical Engines', reason });
    const { accountId, customerKeyId: keyId, customerKey } = opened as Record<string, string>;
    for (const text of [accountId, keyId, String(customerKey).slice(-4), 'engines', 'Engines', 'Ärger', 'ÄRGER']) {
      expect(await rows(`keys?q=${text}`), text).toEqual([
        expect.objectContaining({ keyId, accountId, revokedAt: null }),
      ]);
    }
    // No characters of a search stand for others.
    for (const text of ['Eng_nes', 'Analytical%ines'])
      expect(await rows(`keys?q=${encodeURIComponent(text)}`)).toEqual([]);
    const grant = { amount: '5.00', grantId: 'welcome-1', reason };
    expect((await admin(`customers/${accountId}/grants`, grant)).status).toBe(200);
    expect((await admin(`customers/${accountId}/grants`, grant)).status).toBe(409);
    expect((await admin(`customers/${accountId}`)).body).toMatchObject({ balance: '5.00', held: '0.00', owed: '0.00' });
    const asCustomer = () => paid.service.call('/v1/account', { key: customerKey ?? '' });
    expect(await (await asCustomer()).json()).toMatchObject({ balance: '5.00' });
    expect((await admin(`keys/${keyId}/revoke`, { reason })).status).toBe(200);
    expect((await asCustomer()).status).toBe(401);
    expect((await admin(`keys/${keyId}/revoke`, { reason })).status).toBe(404);
    expect(await rows('audit')).toMatchObject([
      {
        action: 'key.revoke',
        subject: keyId,
        operator: 'Ada',
        reason,
        before: { isRevoked: false },
        after: { isRevoked: true },
      },
      { action: 'credit.grant', accountId, before: { balance: '0.00' }, after: { balance: '5.00' } },
      { action: 'account.open', subject: accountId, before: null },
    ]);
    expect(JSON.stringify(await rows('audit'))).not.toContain(customerKey);
  });

  test('credit pays a debt first', async () => {
    const { paymentId } = await paid.paidOrder('3.00');
    await paid.spend();
    paid.stripe.hands.refund(paymentId, 300);
    await paid.deliverAll();
    expect((await paid.account()).status).toBe('blocked');
    const { accountId } = paid.service;
    await admin(`customers/${accountId}/grants`, { amount: '1.00', grantId: 'goodwill', reason });
    expect((await admin(`customers/${accountId}`)).body).toMatchObject({ owed: '0.00' });
    expect((await paid.account()).status).toBe('low');
  });

  test.each([
    ['no reason', { amount: '1.00', grantId: 'grant-12' }],
    ['an empty reason', { amount: '1.00', grantId: 'grant-12', reason: '   ' }],
    ['nothing', { amount: '0.00', grantId: 'grant-12', reason }],
    ['less than nothing', { amount: '-1.00', grantId: 'grant-12', reason }],
    ['an unknown field', { amount: '1.00', grantId: 'grant-12', reason, x: 1 }],
  ])('a grant with %s is refused and leaves no trace', async (_, input) => {
    expect((await admin(`customers/${paid.service.accountId}/grants`, input)).status).toBe(400);
    expect(await rows('audit')).toEqual([]);
    expect((await paid.account()).balance).toBe('0.00');
  });
});

test('the ledger is searched by account, ledger account, request, order and transfer', async () => {
  const { order } = await paid.paidOrder('20.00');
  const grant = { amount: '1.00', grantId: 'by-telephone', reason };
  await admin(`customers/${paid.service.accountId}/grants`, grant);
  const requestId = String((await paid.spend()).headers.get('x-request-id'));
  const all = await rows('ledger');
  const charge = all.find(({ kind }) => kind === 'charge');
  expect(charge).toMatchObject({ requestId, to: 'platform:revenue' });
  expect(await rows(`ledger?q=${requestId}`)).toEqual(all.filter((row) => row['requestId'] === requestId));
  expect(await rows(`ledger?q=${order.id}`)).toMatchObject([{ kind: 'topup', amount: '20.00' }]);
  expect(all.map(({ kind }) => kind)).toContain('grant');
  for (const transfer of all) expect(await rows(`ledger?q=${String(transfer['transferId'])}`)).toEqual([transfer]);
  expect(await rows(`ledger?q=${paid.service.accountId}`)).toHaveLength(all.length);
  for (const name of ['platform:revenue', 'platform:cash', `customer:${paid.service.accountId}:held`]) {
    const touching = all.filter(({ from, to }) => from === name || to === name);
    expect(touching.length).toBeGreaterThan(0);
    expect(await rows(`ledger?q=${name}`)).toEqual(touching);
    expect(await pages(name, 1)).toEqual(touching);
  }
  expect(await pages(paid.service.accountId, 2)).toEqual(all);
  const other = String((await admin('customers', { label: 'other', reason })).body['accountId']);
  await admin(`customers/${other}/grants`, grant);
  await paid.spend();
  const later = await rows('ledger');
  for (const { sequence } of [...later, { sequence: Number(later[0]?.['sequence']) + 100 }]) {
    const earlier = later.filter((row) => Number(row['sequence']) < Number(sequence));
    const mine = earlier.filter(({ transferId }) => !String(transferId).startsWith(`${other}:`));
    expect(await rows(`ledger?q=${paid.service.accountId}&before=${String(sequence)}`)).toEqual(mine);
  }
  const [newest, second] = all;
  expect(await rows(`ledger?before=${String(newest?.['sequence'])}&limit=1`)).toEqual([second]);
});

/** All that is found, read a page at a time. */
async function pages(text: string, limit: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let before = ''; ;) {
    const page = await rows(`ledger?q=${text}&limit=${limit}${before}`);
    found.push(...page);
    const last = page.at(-1);
    if (!last) return found;
    before = `&before=${String(last['sequence'])}`;
  }
}

test('revenue, margins and health are reported, unknown values as unknown, and no secret', async () => {
  await paid[Symbol.asyncDispose]();
  const secret = 'sk-upstream-secret';
  const credential = {
    name: 'main',
    baseUrl: `https://user:${secret}@upstream.example/v1`,
    dialectFamily: 'openai',
    apiKey: secret,
    priority: 1,
    weight: 2,
  } as const;
  paid = await startPaidService({ adminToken, pools: { corvus: 'echo', openai: [credential] } });
  await paid.paidOrder('20.00');
  await paid.spend();
  const { totalUsed } = await paid.account();
  expect((await admin('overview')).body).toMatchObject({
    accounts: 1,
    held: '0.00',
    owed: '0.00',
    today: { requests: 1, revenue: totalUsed },
    pools: { well: 2, cooling: 0, out: 0 },
  });
  expect(await rows('margins')).toMatchObject([
    { model: 'corvus/echo', requests: 1, sold: totalUsed, upstreamCost: null, margin: null },
  ]);
  const pools = await rows('pools');
  expect(pools).toMatchObject([
    { name: 'main', origin: 'https://upstream.example', health: 'well', weight: 2 },
    { family: 'corvus' },
  ]);
  expect(JSON.stringify(pools)).not.toContain(secret);
});

test('the audit log cannot be changed, nor written without a reason', async () => {
  await admin('customers', { label: 'x', reason });
  for (const statement of [
    `update audit_entries set operator = 'unknown'`,
    'delete from audit_entries',
    `insert into audit_entries (at_ms, operator, action, subject, reason) values (1, 'x', 'x', 'x', '')`,
  ]) {
    await expect(paid.service.database.run(statement), statement).rejects.toThrow();
  }
});
