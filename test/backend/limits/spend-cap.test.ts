import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '#backend/create-backend.ts';
import { spendCapSchema } from '#shared/account/spend-cap.ts';
import { decideHold } from '#backend/ledger/decide-hold.ts';
import { withinCap } from '#backend/limits/spend-cap.ts';
import { nanoUsd, parseUsd } from '#shared/money.ts';
import { monthStart, nextMonth } from '#shared/time.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

const ask = (service: TestBackend, tokens: number) =>
  service.call('/v1/chat/completions', {
    method: 'POST',
    body: { model: 'corvus/echo', max_tokens: tokens, messages: [{ role: 'user', content: `#echo tokens ${tokens}` }] },
  });
const setCap = (service: TestBackend, monthly: string | null) =>
  service.call('/v1/account/cap', { method: 'PUT', body: { monthly } });
const readCap = async (service: TestBackend) =>
  spendCapSchema.parse(await (await service.call('/v1/account/cap')).json());
const nano = (text: string) => parseUsd(text) ?? 0n;

test('nothing is spent beyond the cap, and every refusal names the cap, the spend and the reset', async () => {
  await using service = await startTestBackend();
  await setCap(service, '0.05');
  const replies = await Promise.all(Array.from({ length: 40 }, () => ask(service, 1000)));
  const refusals = replies.filter(({ status }) => status !== 200);
  expect(replies.some(({ status }) => status === 200)).toBe(true);
  expect(refusals.length).toBeGreaterThan(10);
  const { spent, held, monthly } = await readCap(service);
  expect(nano(spent)).toBeLessThanOrEqual(nano('0.05'));
  expect(nano(spent)).toBeGreaterThan(nano('0.03'));
  expect({ held, monthly }).toEqual({ held: '0.00', monthly: '0.05' });
  const [refused] = refusals;
  expect(refused?.status).toBe(402);
  expect(refused?.headers.get('x-should-retry')).toBe('false');
  expect(await refused?.json()).toMatchObject({
    error: {
      code: 'insufficient_credits',
      reason: 'monthly_cap',
      limit: '0.05',
      resets_at: expect.stringMatching(/-01T00:00:00\.000Z$/),
    },
  });
  expect(await service.backend.verify()).toEqual([]);
});

test('a raised cap lets the next request through at once; without one there is none', async () => {
  await using service = await startTestBackend();
  await setCap(service, '0');
  expect((await ask(service, 10)).status).toBe(402);
  await setCap(service, '1');
  expect((await ask(service, 10)).status).toBe(200);
  await setCap(service, null);
  expect((await readCap(service)).monthly).toBeNull();
  expect((await ask(service, 10)).status).toBe(200);
});

test('a new month begins at zero', async () => {
  let shiftMs = 0;
  await using service = await startTestBackend({ clock: { ...systemClock, nowMs: () => Date.now() + shiftMs } });
  await setCap(service, '0.002');
  while ((await ask(service, 100)).status === 200);
  expect(nano((await readCap(service)).spent)).toBeGreaterThan(0n);
  shiftMs = nextMonth(Date.now()) - Date.now() + 1000;
  expect(await readCap(service)).toMatchObject({ spent: '0.00' });
  expect((await ask(service, 100)).status).toBe(200);
});

test('an empty balance is reported as such, with or without a cap; a cap that is no amount is refused', async () => {
  await using service = await startTestBackend({ isPlayMoney: false });
  await setCap(service, '5');
  expect(await (await ask(service, 10)).json()).toMatchObject({ error: { reason: 'balance' } });
  expect((await setCap(service, '-1')).status).toBe(400);
  expect((await setCap(service, 'much')).status).toBe(400);
});

test('for any spend and holds, a hold never exceeds the cap, and is never refused while there is room', () => {
  const amount = fc.bigInt({ min: 0n, max: 1_000n }).map(nanoUsd);
  fc.assert(
    fc.property(amount, amount, amount, amount, amount, (available, held, limit, spent, minimum) => {
      const funds = { available, held, owed: nanoUsd(0n) };
      const decision = decideHold(
        { wanted: nanoUsd(minimum * 2n), minimum },
        withinCap(funds, { layer: 'account', period: 'month', limit, spent, held }),
        false,
      );
      const room = limit - spent - held;
      const isPossible = available >= minimum && (room >= minimum || minimum === 0n);
      expect(decision.kind === 'hold').toBe(isPossible);
      if (decision.kind === 'hold' && decision.amount > 0n)
        expect(spent + held + decision.amount).toBeLessThanOrEqual(limit);
    }),
  );
});

test('months begin and end by UTC', () => {
  const newYearsEve = Date.UTC(2026, 11, 31, 23, 59, 59, 999);
  expect(new Date(monthStart(newYearsEve)).toISOString()).toBe('2026-12-01T00:00:00.000Z');
  expect(new Date(nextMonth(newYearsEve)).toISOString()).toBe('2027-01-01T00:00:00.000Z');
});
