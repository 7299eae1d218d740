import { expect, test } from 'vitest';
import { z } from 'zod';
import { serviceStatusSchema } from '#shared/account/status.ts';
import { chat } from '../../support/start-test-backend.ts';
import { credentialAt, type FakeUpstream, startFakeUpstream } from '../../support/fake-upstream.ts';
import { sharedService } from './shared-service.ts';
import { startCapabilityService } from './start-capability-service.ts';

const masterKeys = [Buffer.alloc(32, 7)];
const body = chat('Hi', { model: 'gpt-5.5' });
const service = sharedService();

async function startPair() {
  const [first, second] = [await startFakeUpstream(), await startFakeUpstream()];
  const paid = await startCapabilityService({
    pools: { corvus: 'echo', openai: [credentialAt(first, 'first'), credentialAt(second, 'second', 1)] },
  });
  const customer = await paid.customer('5.00');
  const ask = () => customer.call('/v1/chat/completions', { body });
  return {
    first,
    second,
    customer,
    ask,
    async [Symbol.asyncDispose]() {
      expect(await paid.verify()).toEqual([]);
      await paid[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
    },
  };
}

const addTo = (asked: Awaited<ReturnType<typeof startCapabilityService>>, upstream: FakeUpstream, more: object) =>
  asked.operator('pools/credentials', {
    name: 'main',
    baseUrl: upstream.baseUrl,
    dialectFamily: 'openai',
    secret: 'sk-upstream-canary',
    reason: 'a test',
    ...more,
  });

test('row 42: upstream routing – family to pools, in the operator’s order; within one by priority; a failing one cools down, and others are asked', async () => {
  await using first = await startFakeUpstream();
  await using shared = await startFakeUpstream();
  await using asked = await startCapabilityService({ masterKeys, pools: { corvus: 'echo' } });
  const customer = await asked.customer('5.00');
  const ask = async () => (await customer.call('/v1/chat/completions', { body })).status;
  expect(await ask()).toBe(503);
  expect((await addTo(asked, first, { pool: 'openai' })).status).toBe(200);
  expect((await addTo(asked, shared, { pool: 'shared' })).status).toBe(200);
  expect(
    (await asked.operator('pools/routes', { family: 'openai', pools: ['openai', 'shared'], reason: 'a test' })).status,
  ).toBe(200);
  await expect
    .poll(async () => [await ask(), await ask(), await ask()], { timeout: 10_000, interval: 100 })
    .toEqual([200, 200, 200]);
  first.status = 500;
  first.seen.length = 0;
  for (let round = 0; round < 15; round += 1) expect(await ask()).toBe(200);
  // Each instance finds out for itself, and then asks elsewhere.
  expect(first.seen.length).toBeLessThan(15);
  expect(shared.seen.length).toBeGreaterThanOrEqual(15);
  expect((await asked.database.dump()).includes('sk-upstream-canary')).toBe(false);
  expect(await asked.verify()).toEqual([]);
});

test('row 43: retryable upstream – 408, 425, 429, 500, 502, 503, 504 and those about the platform’s own account, before the first byte only; the customer pays once', async () => {
  for (const status of [401, 402, 403, 408, 409, 425, 429, 500, 502, 503, 504, 529]) {
    await using pair = await startPair();
    pair.first.status = status;
    const reply = await pair.ask();
    expect([reply.status, pair.first.seen.length, pair.second.seen.length], String(status)).toEqual([200, 1, 1]);
    expect(await pair.customer.receipt(reply)).toMatchObject({
      cost: '0.00062',
      attempts: [{ httpStatus: status }, { httpStatus: 200 }],
    });
  }
  await using pair = await startPair();
  pair.first.status = 400;
  expect([(await pair.ask()).status, pair.second.seen.length]).toEqual([400, 0]);
  pair.first.status = 200;
  pair.first.breaksOff = true;
  const broken = await pair.customer.call('/v1/chat/completions', { body: { ...body, stream: true } });
  expect(await broken.text()).toContain('Half an');
  expect(pair.second.seen).toHaveLength(0);
});

test('row 45: BYOK – the desktop’s, straight to the provider and never charged; here a provider’s key or address in a request is refused', async () => {
  const customer = await service().customer('5.00');
  for (const member of ['api_key', 'base_url', 'api_base', 'extra_headers']) {
    const reply = await customer.ask('Hi', { [member]: 'x' });
    expect([reply.status, await reply.json()]).toEqual([
      400,
      { error: expect.objectContaining({ code: 'unknown_parameter' }) },
    ]);
  }
  expect(await customer.account()).toMatchObject({ balance: '5.00' });
});

test('row 46: model aliases – none: one slug each, so that a price is never a guess; the operator’s credential may know a slug by another name', async () => {
  const customer = await service().customer('5.00');
  for (const alias of ['auto', 'tokenok-fast', 'fast', 'gpt']) {
    const reply = await customer.ask('Hi', { model: alias });
    expect([reply.status, await reply.json()], alias).toEqual([
      404,
      { error: expect.objectContaining({ code: 'model_not_found' }) },
    ]);
  }
  await using upstream = await startFakeUpstream();
  await using asked = await startCapabilityService({ masterKeys, pools: { corvus: 'echo' } });
  const buyer = await asked.customer('5.00');
  await addTo(asked, upstream, { pool: 'openai', modelMap: { 'gpt-5.5': 'its-own-name' } });
  let reply = await buyer.call('/v1/chat/completions', { body });
  await expect.poll(async () => (reply = await buyer.call('/v1/chat/completions', { body })).status).toBe(200);
  expect(z.object({ model: z.string() }).parse(JSON.parse(upstream.seen[0]?.body ?? '')).model).toBe('its-own-name');
  expect(await buyer.receipt(reply)).toMatchObject({
    modelRequested: 'gpt-5.5',
    modelBilled: 'gpt-5.5',
    cost: '0.00062',
  });
});

test('row 48: health and status – /healthz and /readyz of each instance, and a public status per family', async () => {
  await using pair = await startPair();
  for (let turn = 0; turn < 3; turn += 1) {
    for (const path of ['/healthz', '/readyz']) {
      const reply = await fetch(service().baseUrl + path);
      expect([reply.status, await reply.json()], path).toEqual([200, { ok: true }]);
    }
  }
  const statusOf = async () =>
    serviceStatusSchema.parse(await (await pair.customer.call('/v1/status', { key: 'none' })).json());
  const { routes } = await statusOf();
  expect(routes.map(({ family, status }) => [family, status])).toEqual(
    expect.arrayContaining([
      ['corvus', 'operational'],
      ['openai', 'operational'],
    ]),
  );
  pair.first.status = 401;
  pair.second.status = 401;
  for (let turn = 0; turn < 6; turn += 1) await pair.ask();
  expect((await statusOf()).routes).toContainEqual(expect.objectContaining({ family: 'openai', status: 'down' }));
  expect(await (await fetch(`${service().baseUrl}/status`)).text()).toContain('Everything works');
});
