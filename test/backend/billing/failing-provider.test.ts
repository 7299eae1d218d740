import { Stripe } from 'stripe';
import { expect, test } from 'vitest';
import { createAccount } from '#backend/accounts/create-account.ts';
import { resolveNext } from '#backend/billing/orders/resolve-orders.ts';
import { takeUnprocessed } from '#backend/billing/payments/take-listed.ts';
import { recordUnprocessed } from '#backend/billing/payments/unprocessed-payments.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { systemClock, systemRandom } from '#backend/runtime/system-ports.ts';
import { insertOrder, listUnclearCharges } from '#backend/store/order-store.ts';
import { createStripeGateway } from '#backend/stripe/stripe-gateway.ts';
import { noTelemetry } from '#backend/telemetry/telemetry.ts';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { openTestLedger } from '../../support/open-test-ledger.ts';
import { quietLogger } from '../../support/start-test-backend.ts';

/** A provider that gives some of what it is asked for. */
async function openFailing(fails: (id: string) => boolean) {
  const ledger = await openTestLedger(zeroUsd);
  const asked: string[] = [];
  const ask = async (id: string): Promise<null> => {
    asked.push(id);
    if (fails(id)) throw new Error('it cannot be reached');
    return null;
  };
  const autoTopup = {
    find: async () => null,
    consider: async () => undefined,
    resolve: async ({ id }: { id: string }) => void (await ask(id)),
  };
  const stripe = createStripeGateway({ client: new Stripe('sk_test'), secrets: [], isLive: false });
  const gateway = { ...stripe, findListed: ({ id }: { id: string }) => ask(id) };
  const own = { clock: systemClock, logger: quietLogger, telemetry: noTelemetry, events: createEvents() };
  const parts = { db: ledger.db, ...own, gateway, autoTopup };
  return { parts, asked, [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose]() };
}

test('automatic charges that cannot be found out, however many, do not stand before newer ones', async () => {
  await using failing = await openFailing((id) => id !== 'ord_9');
  const { parts, asked } = failing;
  const terms = { label: 'test', grant: zeroUsd, grantDescription: '', plan: 'tokens' } as const;
  for (let index = 0; index < 10; index += 1) {
    const { accountId } = await createAccount(parts.db, systemRandom, 1_000, terms);
    await insertOrder(parts.db, { id: `ord_${index}`, accountId, amount: nanoUsd(1n), nowMs: index, methodId: 'pm' });
  }
  const round = { reached: null };
  for (let minute = 0; minute < 3; minute += 1) await resolveNext(parts, round, listUnclearCharges, 100);
  expect(asked).toContain('ord_9');
  // And the oldest have their turn again.
  expect(asked.filter((id) => id === 'ord_0').length).toBeGreaterThan(1);
});

test('after five in a row that the provider cannot give, it is asked for the others in the next round', async () => {
  await using failing = await openFailing(() => true);
  const { parts, asked } = failing;
  const ids = Array.from({ length: 7 }, (_, index) => `re_${index}`);
  const earlier = { ...parts, clock: { nowMs: () => 1_000 } };
  for (const id of ids) await recordUnprocessed(earlier, { kind: 'refund', id }, new Error('unreadable'));
  const found = () => ({ report: { events: 0, corrections: 0 }, failed: new Set<string>() });
  await takeUnprocessed(parts, found());
  expect(asked).toEqual(ids.slice(0, 5));
  await takeUnprocessed(parts, found());
  expect(new Set(asked)).toEqual(new Set(ids));
});
