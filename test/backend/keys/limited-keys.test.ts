import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newCustomerKeySchema } from '#shared/account/keys.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

let service: TestBackend;

beforeEach(async () => {
  service = await startTestBackend();
});

afterEach(() => service[Symbol.asyncDispose]());

const limits = {
  dailyCap: '1.00',
  requestsPerMinute: 10,
  models: ['gpt-5', 'corvus/*'],
  expiresAt: '2099-01-01T00:00:00Z',
};

async function makeKey(given: object | null) {
  const reply = await service.call('/v1/account/keys', { body: { label: 'a key', scope: 'manage', limits: given } });
  return newCustomerKeySchema.parse(await reply.json());
}

async function refusalOf(reply: Promise<Response>): Promise<[number, unknown]> {
  const { status, ...answer } = await reply.then(async (sent) => ({ status: sent.status, json: await sent.json() }));
  const error: unknown = Reflect.get(Object(answer.json), 'error');
  return [status, error === undefined ? null : Reflect.get(Object(error), 'code')];
}

describe('a key with limits that manages the account does not get around its limits', () => {
  const looser: readonly [string, object | null][] = [
    ['without any', null],
    ['without one of them', { ...limits, dailyCap: null }],
    ['a larger cap', { ...limits, dailyCap: '1.01' }],
    ['more requests', { ...limits, requestsPerMinute: 11 }],
    ['another model', { ...limits, models: ['gpt-5', '*'] }],
    ['every model', { ...limits, models: null }],
    ['a later end', { ...limits, expiresAt: '2099-01-01T00:00:01Z' }],
    ['no end', { ...limits, expiresAt: null }],
  ];

  test.each(looser)('its own limits, %s', async (_, wanted) => {
    const { id, key } = await makeKey(limits);
    const change = service.call(`/v1/account/keys/${id}`, { method: 'PATCH', key, body: { limits: wanted } });
    expect(await refusalOf(change)).toEqual([403, 'key_is_limited']);
    const own = await service.call(`/v1/account/keys/${id}`);
    expect(await own.json()).toMatchObject({ limits });
  });

  test('tighter ones it may set, and its label; a key without limits lifts them again', async () => {
    const { id, key } = await makeKey(limits);
    const tighter = {
      ...limits,
      dailyCap: '0.50',
      weeklyCap: '2.00',
      models: ['gpt-5'],
      expiresAt: '2098-01-01T00:00:00Z',
    };
    expect(
      (await service.call(`/v1/account/keys/${id}`, { method: 'PATCH', key, body: { limits: tighter } })).status,
    ).toBe(200);
    expect(
      (await service.call(`/v1/account/keys/${id}`, { method: 'PATCH', key, body: { label: 'mine' } })).status,
    ).toBe(200);
    expect((await service.call(`/v1/account/keys/${id}`, { method: 'PATCH', body: { limits: null } })).status).toBe(
      200,
    );
  });

  test('by other keys: it makes none, changes the limits of none, gets the secret of none, and invites no one', async () => {
    const [{ key }, other] = [await makeKey({ monthlyCap: '5.00' }), await makeKey({ monthlyCap: '1.00' })];
    const calls: readonly [string, string, object | undefined][] = [
      ['POST', '/v1/account/keys', { label: 'free' }],
      ['POST', '/v1/account/keys', { label: 'free', limits: { monthlyCap: '5.00' } }],
      ['PATCH', `/v1/account/keys/${other.id}`, { limits: null }],
      ['PATCH', `/v1/account/keys/${service.customerKeyId}`, { limits: { monthlyCap: '1.00' } }],
      ['POST', `/v1/account/keys/${service.customerKeyId}/rotate`, {}],
      ['POST', `/v1/account/keys/${other.id}/rotate`, {}],
      ['POST', '/v1/account/members', { name: 'Me again', role: 'member' }],
    ];
    for (const [method, path, body] of calls) {
      expect(await refusalOf(service.call(path, { method, key, body })), `${method} ${path}`).toEqual([
        403,
        'key_is_limited',
      ]);
    }
  });

  test('it rotates itself: the new secret has the same limits', async () => {
    const { id, key } = await makeKey(limits);
    const reply = await service.call(`/v1/account/keys/${id}/rotate`, { method: 'POST', key });
    expect(newCustomerKeySchema.parse(await reply.json())).toMatchObject({ limits });
  });
});
