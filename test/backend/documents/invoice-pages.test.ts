import { expect, test } from 'vitest';
import { startPaidService } from '../../support/start-paid-service.ts';

test('a customer finds invoices, the statement and the invoice address in the dashboard', async () => {
  await using paid = await startPaidService();
  const { baseUrl, customerKey } = paid.service;
  const form = (path: string, fields: Record<string, string>, cookie = '') =>
    fetch(baseUrl + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: baseUrl, cookie },
      body: new URLSearchParams(fields),
    });
  const login = await form('/dashboard/login', { key: customerKey });
  const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const page = async (path: string) => (await fetch(baseUrl + path, { headers: { cookie } })).text();

  expect(await page('/dashboard/invoices')).toContain('No payment was credited yet');
  const profile = {
    name: 'Łucja Żółć',
    company: '',
    address: 'Ulica 1\r\nKraków',
    country: 'PL',
    email: '',
    taxId: '',
  };
  expect((await form('/dashboard/invoices/profile', profile, cookie)).status).toBe(303);
  expect((await form('/dashboard/invoices/profile', { ...profile, country: 'Poland' }, cookie)).status).toBe(400);
  await paid.paidOrder('20.00');
  const shown = await page('/dashboard/invoices');
  expect(shown).toContain('Łucja Żółć');
  const [, number = ''] = /\/dashboard\/invoices\/(CV-\d{4}-\d{6})\.pdf/.exec(shown) ?? [];
  const pdf = await fetch(`${baseUrl}/dashboard/invoices/${number}.pdf`, { headers: { cookie } });
  expect([pdf.status, pdf.headers.get('content-type')]).toEqual([200, 'application/pdf']);
  const statement = await page(`/dashboard/invoices/statement.csv?month=${new Date().toISOString().slice(0, 7)}`);
  expect(statement).toContain('Top-up');
  // Not found without a session, nor with another account's.
  expect((await fetch(`${baseUrl}/dashboard/invoices/${number}.pdf`, { redirect: 'manual' })).status).toBe(303);
  const other = await paid.service.backend.createAccount('other');
  const otherCookie =
    ((await form('/dashboard/login', { key: other.customerKey })).headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  expect(
    (await fetch(`${baseUrl}/dashboard/invoices/${number}.pdf`, { headers: { cookie: otherCookie } })).status,
  ).toBe(404);
});
