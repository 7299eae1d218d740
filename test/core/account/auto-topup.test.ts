import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { startServices } from '../../support/services-fixture.ts';
import { startPaidService } from '../../support/start-paid-service.ts';

test('a declined automatic top-up is told once, and stands on every page until it is switched on again', async () => {
  await using paid = await startPaidService();
  await using services = await startServices({ sandbox: paid.service });
  const { handlers, shown } = services;
  await handlers['balance.get']({ refresh: true });
  const autoTopup = async () => (await handlers['account.get'](undefined)).autoTopup;
  const notices = async () => (await handlers['app.status'](undefined)).notices.map(({ title }) => title);
  expect(await autoTopup()).toMatchObject({ status: 'off' });
  const setup = await paid.service.call('/v1/account/auto-topup/setup', { method: 'POST' });
  const { url } = z.object({ url: z.url() }).parse(await setup.json());
  const cardId = paid.stripe.hands.leaveCard(url);
  await paid.deliverAll();
  paid.stripe.hands.setCard(cardId, 'card_declined');
  await paid.service.call('/v1/account/auto-topup', { method: 'PUT', body: { enabled: true } });
  await eventually(async () => expect(await autoTopup()).toMatchObject({ status: 'paused' }));
  expect(shown.filter(({ title }) => title === 'Automatic top-ups are paused')).toEqual([
    expect.objectContaining({ body: 'The card was declined. Save another one, or ask your bank.' }),
  ]);
  expect(await notices()).toContain('Automatic top-ups are paused');
  await handlers['balance.get']({ refresh: true });
  expect(shown.filter(({ title }) => title === 'Automatic top-ups are paused')).toHaveLength(1);
  await paid.service.call('/v1/account/auto-topup', { method: 'PUT', body: { enabled: false } });
  await eventually(async () => expect(await notices()).not.toContain('Automatic top-ups are paused'));
});
