import { expect, test } from 'vitest';
import { newCustomerKeySchema } from '#shared/account/keys.ts';
import { buy } from './buy.ts';
import { eventually } from '../../support/eventually.ts';
import { startServices } from '../../support/services-fixture.ts';
import { join } from '../../support/shared-account.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { openTestStore } from '../../support/store-fixture.ts';

const keys: Record<string, (service: TestBackend) => Promise<string>> = {
  'a key that only buys': async (service) => {
    const body = { label: 'agent', scope: 'inference' };
    return newCustomerKeySchema.parse(await (await service.call('/v1/account/keys', { body })).json()).key;
  },
  "a member's key": async (service) => (await join(service, 'Mel', 'member')).key,
};

test.each(Object.entries(keys))('%s shows the balance and its own charges, and no statement', async (_who, keyOf) => {
  await using backend = await startTestBackend();
  const key = await keyOf(backend);
  await using services = await startServices({ sandbox: { ...backend, customerKey: key } });
  const { handlers, opened } = services;
  const before = await handlers['balance.get']({ refresh: true });
  expect(before).toMatchObject({ state: 'confirmed', balance: '25.00' });
  expect(await handlers['account.get'](undefined)).toMatchObject({ problem: null, seesStatement: false });
  const elsewhere = await backend.call('/v1/chat/completions', { body: chat('elsewhere') });
  expect(elsewhere.status).toBe(200);
  await elsewhere.text();
  const id = await buy(opened, backend, 'hello', key);
  await eventually(async () => expect(await opened.store.requests.get(id)).toMatchObject({ costKind: 'settled' }));
  const after = await handlers['balance.get']({ refresh: true });
  expect(after).toMatchObject({ state: 'confirmed' });
  expect(after).not.toMatchObject({ balance: '25.00' });
  expect(await handlers['billing.ledger']({ cursor: null, limit: 10 })).toEqual({ lines: [], nextCursor: null });
  expect(await handlers['account.verify']({ fromStart: true })).toMatchObject({ status: 'none', firstFault: null });
  expect((await handlers['app.status'](undefined)).notices).toEqual([]);
});

test('what a key may not do is refused in the words of the service, and is no unknown key', async () => {
  await using backend = await startTestBackend();
  const key = (await keys['a key that only buys']?.(backend)) ?? '';
  await using services = await startServices({ sandbox: { ...backend, customerKey: key } });
  await services.handlers['balance.get']({ refresh: true });
  await expect(services.handlers['billing.topup']({ amount: '5.00' })).rejects.toMatchObject({
    code: 'key_may_not_manage',
  });
  expect(await services.handlers['billing.orders'](undefined)).toEqual([]);
  await expect(services.handlers['account.take-over-statement'](undefined)).rejects.toMatchObject({
    code: 'key_may_not_manage',
  });
});

test('a statement that is here stays while a lesser key is in use, and goes on with a key that may read it', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  const lesser = (await keys['a key that only buys']?.(backend)) ?? '';
  const connected = async (customerKey: string) => {
    const services = await startServices({ sandbox: { ...backend, customerKey }, opened });
    await services.handlers['balance.get']({ refresh: true });
    return services;
  };
  {
    await using services = await connected(backend.customerKey);
    expect(await services.handlers['account.get'](undefined)).toMatchObject({ seesStatement: true });
    await buy(opened, backend, 'hello');
    await services.handlers['balance.get']({ refresh: true });
  }
  {
    await using services = await connected(lesser);
    await buy(opened, backend, 'hello', lesser);
    await services.handlers['balance.get']({ refresh: true });
    expect(await services.handlers['account.verify']({ fromStart: true })).toMatchObject({ status: 'ok', lines: 2 });
  }
  await using services = await connected(backend.customerKey);
  expect(await services.handlers['account.verify']({ fromStart: true })).toMatchObject({ status: 'ok', lines: 3 });
});
