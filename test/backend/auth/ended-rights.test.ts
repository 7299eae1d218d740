import { describe, expect, test } from 'vitest';
import { accountSchema } from '#shared/account/account.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { parseUsd } from '#shared/money.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { eventually } from '../../support/eventually.ts';
import { chat, startTestBackend } from '../../support/start-test-backend.ts';
import { activities, endings, lowerRole, startRightful } from '../../support/ending-rights.ts';

const concurrency = { key: 3, account: 50, total: 50 };

describe.each(Object.entries(activities))('%s', (_activity, start) => {
  test.each(Object.entries(endings))('ends when the key %s (F04)', async (_ending, end) => {
    await using service = await startTestBackend({ concurrency });
    const who = await startRightful(service);
    const underWay = await start(service.baseUrl, who);
    await end(who);
    await eventually(async () => expect((await service.call('/v1/account', { key: who.key })).status).toBe(401));
    await underWay.ended();
    await eventually(async () => expect(await service.backend.verify()).toEqual([]));
  });
});

test.each(Object.entries(activities).filter(([name]) => name !== 'an open event stream'))(
  '%s goes on when the role is lowered to one that still may',
  async (_activity, start) => {
    await using service = await startTestBackend({ concurrency });
    const who = await startRightful(service);
    const underWay = await start(service.baseUrl, who);
    await lowerRole(who);
    await underWay.goesOn();
  },
);

test('an open event stream ends when the role changes; after a reconnect the client sees what the new role may see (F04)', async () => {
  await using service = await startTestBackend();
  const who = await startRightful(service);
  const stream = await activities['an open event stream']?.(service.baseUrl, who);
  await lowerRole(who);
  await stream?.ended();
  const again = await service.call('/v1/account/events', { key: who.key });
  const reader = again.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader?.read())?.value ?? '';
  // A member does not see top-ups or the owner's request, only their own request.
  await service.call('/v1/account/topups', { body: { amount: '5.00' } });
  await (await service.call('/v1/chat/completions', { body: chat('The owner’s') })).text();
  await (await service.call('/v1/chat/completions', { body: chat('Their own'), key: who.key })).text();
  while (!text.includes('event: ledger')) text += (await reader?.read())?.value ?? '';
  await reader?.cancel();
  expect(text.match(/^id: /gm)).toHaveLength(1);
  expect(text).not.toContain('event: order');
});

test('a key whose label or limits change stays valid', async () => {
  await using service = await startTestBackend();
  const who = await startRightful(service);
  const events = await service.call('/v1/account/events', { key: who.key });
  const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
  await reader?.read();
  const later = new Date(Date.now() + 3_600_000).toISOString();
  for (const body of [{ label: 'renamed' }, { limits: { requestsPerMinute: 5 } }, { limits: { expiresAt: later } }])
    expect((await service.call(`/v1/account/keys/${who.keyId}`, { method: 'PATCH', body })).status).toBe(200);
  await (await service.call('/v1/chat/completions', { body: chat('Hi') })).text();
  let text = '';
  while (!text.includes('event: ledger')) {
    const next = await reader?.read();
    expect(next?.done).toBe(false);
    text += next?.value ?? '';
  }
  await reader?.cancel();
});

test('what a stream delivered before its key was revoked is charged, and nothing after it', async () => {
  await using service = await startTestBackend({ concurrency });
  const who = await startRightful(service);
  const stream = await activities['a running stream']?.(service.baseUrl, who);
  await endings['is revoked']?.(who);
  await stream?.ended();
  await eventually(async () => {
    const [row] = (await service.database.run('select status, outcome, error_code, cost from requests')) as {
      status: string;
      outcome: string;
      error_code: string;
      cost: number | string;
    }[];
    expect(row).toMatchObject({ status: 'settled', outcome: 'truncated', error_code: 'invalid_api_key' });
    expect(Number(row?.cost)).toBeGreaterThan(0);
  });
});

/** The echo model at a price at which an answer may cost more than is free. */
const priceCatalogue = parseCatalogue({
  ...catalogue,
  models: catalogue.models.map((model) =>
    model.slug === 'corvus/echo' ? { ...model, prices: { input: '250.00', output: '1000.00' } } : model,
  ),
});

test('a call that waits for money is refused when its key ends meanwhile, and nothing is held for it (F04)', async () => {
  await using service = await startTestBackend({ priceCatalogue });
  const who = await startRightful(service);
  const stalled = await service.call('/v1/chat/completions', {
    body: chat('#echo stall', { stream: true, max_tokens: 24_000 }),
  });
  const reader = stalled.body?.getReader();
  await reader?.read();
  const account = accountSchema.parse(await (await service.call('/v1/account')).json());
  const tokens = Number((parseUsd(account.spendable) ?? 0n) / 1_000_000n) + 100;
  const waiting = service.call('/v1/chat/completions', {
    body: chat('#echo tokens 5', { max_tokens: tokens }),
    key: who.key,
  });
  await fetch(`${service.baseUrl}/healthz`);
  await endings['is revoked']?.(who);
  await reader?.cancel();
  expect((await waiting).status).toBe(401);
  await eventually(async () =>
    expect(await service.database.run("select count(*) as open from holds where status = 'open'")).toMatchObject([
      { open: expect.toSatisfy((open) => Number(open) === 0) },
    ]),
  );
  expect(await service.database.run('select id from requests')).toHaveLength(1);
  expect(await service.backend.verify()).toEqual([]);
});
