import { afterEach, beforeEach, expect, test } from 'vitest';
import { chat } from '../../support/start-test-backend.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';
import { logIn, plain, type Viewer } from '../../support/open-dashboard.ts';

let paid: PaidService;
let viewer: Viewer;
const settings = { enabled: 'on', threshold: '5.00', amount: '20.00', monthlyCap: '100.00' };

beforeEach(async () => {
  paid = await startPaidService();
  viewer = await logIn(paid.service);
});

afterEach(() => paid[Symbol.asyncDispose]());

test('without a payment method it cannot be switched on, and one is saved at the provider', async () => {
  expect((await viewer.post('/dashboard/topups/auto', settings)).status).toBe(409);
  const page = await (await viewer.post('/dashboard/topups/auto/setup')).text();
  expect(page).toContain('href="https://checkout.stripe.com/');
});

test('is set, says what it will do, and says in words why it has paused', async () => {
  await paid.paidOrder('3.00', { savePaymentMethod: true });
  expect(await viewer.text('/dashboard/topups')).not.toContain('Play money');
  expect((await viewer.post('/dashboard/topups/auto', { ...settings, threshold: '30.00' })).status).toBe(400);
  await paid.service.database.run(
    `insert into auto_topups (account_id, is_enabled, threshold, amount, monthly_cap, paused_reason, paused_at_ms)
     values ('${paid.service.accountId}', 1, 5000000000, 20000000000, 100000000000, 'authentication_required', 1)`,
  );
  expect(await viewer.text('/dashboard')).toContain('Automatic top-up paused');
  expect(await viewer.text('/dashboard/topups')).toContain('The bank wants you to confirm the payment yourself.');
  const { enabled: _, ...off } = settings;
  expect((await viewer.post('/dashboard/topups/auto', off)).headers.get('location')).toBe('/dashboard/topups#auto');
  expect((await paid.account()).autoTopup).toMatchObject({
    status: 'off',
    threshold: '5.00',
    amount: '20.00',
    monthlyCap: '100.00',
  });
  await viewer.post('/dashboard/topups/auto', { ...settings, threshold: '1.00' });
  expect((await paid.account()).autoTopup).toMatchObject({ status: 'on', threshold: '1.00' });
  expect(await viewer.text('/dashboard')).toContain('Automatic top-up on, below $1.00');
});

test('a top-up keeps the payment method where that was asked for', async () => {
  const location =
    (await viewer.post('/dashboard/topups', { choice: 'small', savePaymentMethod: 'on' })).headers.get('location') ??
    '';
  const checkout = await (await viewer.get(location)).text();
  const sessionId = /\/([^/"]+)">Pay \$10\.00/.exec(checkout)?.[1] ?? '';
  paid.stripe.hands.pay(sessionId);
  await paid.deliverAll();
  expect((await paid.account()).autoTopup?.hasPaymentMethod).toBe(true);
  expect(plain(await (await viewer.get(location)).text())).toContain('Open the dashboard');
});

test('while the payment provider is down, each form stays, with what was typed and what is wrong', async () => {
  paid.stripe.goDown();
  const open = async (form: Record<string, string>) =>
    fetch(`${paid.service.baseUrl}/topup`, { method: 'POST', body: new URLSearchParams(form) });
  const bare = await open({ key: paid.service.customerKey, amount: '4.50' });
  expect(bare.status).toBe(503);
  const page = await bare.text();
  expect(page).toMatch(/role="alert"[^>]*>[^<]*payment provider[^<]*</);
  expect(page).toMatch(/<form [^>]*action="\/topup"[^]*name="amount" value="4.50"/);
  const dashboard = await viewer.post('/dashboard/topups', { choice: 'other', amount: '4.50' });
  expect(dashboard.status).toBe(503);
  expect(await dashboard.text()).toMatch(/payment provider[^]*name="amount" value="4.50"/);
  expect(await (await fetch(`${paid.service.baseUrl}/topup`)).text()).toContain('name="amount"');
});

test('the overview says when the balance is out, low, or below zero, and what to do', async () => {
  expect(await viewer.text('/dashboard')).toContain('Out of balance Requests are refused until you top up.');
  const { paymentId } = await paid.paidOrder('3.00');
  expect(await viewer.text('/dashboard')).not.toMatch(/Out of balance|Low balance|Your balance is negative/);
  for (let requests = 0; requests < 2; requests += 1) {
    await (
      await paid.service.call('/v1/chat/completions', { body: chat('#echo cache-read 1000000', { model: 'gpt-4.1' }) })
    ).text();
  }
  const { balance, status } = await paid.account();
  expect(status).toBe('low');
  expect(await viewer.text('/dashboard')).toMatch(new RegExp(`Low balance.*Balance \\$${balance} `));
  paid.stripe.hands.refund(paymentId, 300);
  await paid.deliverAll();
  const { balance: owed } = await paid.account();
  expect(owed).toMatch(/^-/);
  expect(await viewer.text('/dashboard')).toMatch(
    new RegExp(`Your balance is negative.*Balance −\\$${owed.slice(1)} `),
  );
});
