import { createParser } from 'eventsource-parser';
import { expect, test } from 'vitest';
import { openDatabase } from '#backend/database/open-database.ts';
import { admitRequest } from '#backend/inference/admit-request.ts';
import { type AccountEvent, accountEventSchema } from '#shared/account/events.ts';
import { orderSchema } from '#shared/account/orders.ts';
import { eventually } from '../../support/eventually.ts';
import { startPaidService } from '../../support/start-paid-service.ts';
import { inLedger, nano, testCall } from '../../support/open-test-ledger.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { minuteClock } from '../../support/minute-clock.ts';

interface Listener {
  events: AccountEvent[];
  ids: string[];
  close(): void;
}

async function listen(service: TestBackend, lastEventId?: string): Promise<Listener> {
  const abort = new AbortController();
  const reply = await fetch(`${service.baseUrl}/v1/account/events`, {
    headers: {
      authorization: `Bearer ${service.customerKey}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: abort.signal,
  });
  const listener: Listener = { events: [], ids: [], close: () => abort.abort() };
  const parser = createParser({
    onEvent({ id, data }) {
      listener.events.push(accountEventSchema.parse(JSON.parse(data)));
      if (id !== undefined) listener.ids.push(id);
    },
  });
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of reply.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  };
  read().catch(() => undefined);
  await eventually(() => expect(listener.events.length).toBeGreaterThan(0));
  return listener;
}

test('a client that reconnects with the last id gets every line after it, once and in order', async () => {
  await using service = await startTestBackend();
  const first = await listen(service);
  expect(first.events[0]).toMatchObject({ type: 'account', account: { balance: '25.00', ledgerSequence: 1 } });
  await Promise.all(
    Array.from({ length: 10 }, (_, index) => service.call('/v1/chat/completions', { body: chat(`Hi ${index}`) })),
  );
  await eventually(() => expect(first.ids).toHaveLength(10));
  // What the totals count is told before them.
  let told = 1;
  for (const event of first.events) {
    if (event.type === 'ledger') told = event.line.sequence;
    if (event.type === 'account') expect(event.account.ledgerSequence).toBeLessThanOrEqual(told);
  }
  first.close();
  await Promise.all(
    Array.from({ length: 10 }, (_, index) => service.call('/v1/chat/completions', { body: chat(`Missed ${index}`) })),
  );
  const second = await listen(service, first.ids.at(-1));
  await service.call('/v1/chat/completions', { body: chat('Live') });
  await eventually(() => expect(second.ids).toHaveLength(11));
  expect([...first.ids, ...second.ids]).toEqual(Array.from({ length: 21 }, (_, index) => String(index + 2)));
  const live = second.events.findLast((event) => event.type === 'ledger');
  expect(live).toMatchObject({
    line: { kind: 'usage' },
    receipt: { status: 'settled', modelRequested: 'corvus/echo' },
  });
  second.close();
});

test('the address of a checkout shows on its order, also where the order was read before Stripe had answered', async () => {
  await using paid = await startPaidService();
  await paid.paidOrder('20.00');
  const listener = await listen(paid.service);
  const answer = paid.stripe.delayNext('POST /v1/checkout/sessions');
  const opened = paid.openOrder('5.00');
  await answer.arrived;
  await paid.spend();
  const shown = () => listener.events.flatMap((event) => (event.type === 'order' ? [event.order] : []));
  await eventually(() => expect(shown()).toContainEqual(expect.objectContaining({ amount: '5.00' })));
  answer.letGo();
  const { order } = await opened;
  await eventually(() => expect(shown()).toContainEqual(order));
  listener.close();
});

test('each refund of a top-up shows on its order, also where its state stays the same', async () => {
  await using paid = await startPaidService();
  const listener = await listen(paid.service);
  const { paymentId } = await paid.paidOrder('20.00');
  for (const takenBack of ['5.00', '10.00']) {
    paid.stripe.hands.refund(paymentId, 500);
    await paid.deliverAll();
    const order = expect.objectContaining({ status: 'partially_refunded', takenBack });
    await eventually(() => expect(listener.events).toContainEqual({ type: 'order', order }));
  }
  listener.close();
});

test('a top-up shows as an order, a line and a new balance', async () => {
  await using service = await startTestBackend();
  const listener = await listen(service);
  const order = orderSchema.parse(
    await (await service.call('/v1/account/topups', { body: { amount: '5.00' } })).json(),
  );
  await eventually(() => expect(listener.events).toContainEqual(expect.objectContaining({ type: 'order', order })));
  await fetch(`${order.checkoutUrl}/pay`, { method: 'POST' });
  await eventually(() => {
    expect(listener.events).toContainEqual(
      expect.objectContaining({ type: 'order', order: expect.objectContaining({ status: 'paid_confirmed' }) }),
    );
    expect(listener.events).toContainEqual(
      expect.objectContaining({ type: 'ledger', line: expect.objectContaining({ kind: 'topup', amount: '5.00' }) }),
    );
    expect(listener.events).toContainEqual(
      expect.objectContaining({ type: 'account', account: expect.objectContaining({ balance: '30.00' }) }),
    );
  });
  listener.close();
});

test('what an instance held that is gone shows when it comes back', async () => {
  const { clock, passMinute } = minuteClock();
  await using service = await startTestBackend({ clock });
  const { accountId, customerKeyId } = service;
  const db = await openDatabase(service.database.place);
  const admitting = {
    call: testCall(),
    caller: { accountId, customerKeyId },
    holdRequest: { wanted: nano(1_000_000_000), minimum: nano(1_000_000_000) },
    catalogueVersion: 'v',
    ownerId: 'gone#1',
    expiresAtMs: Date.now() - 1,
  };
  await inLedger({ db, accountId }, Date.now(), (tx, ledger) => admitRequest(tx, ledger, admitting, false));
  await db.destroy();
  const listener = await listen(service);
  expect(listener.events[0]).toMatchObject({ type: 'account', account: { held: '1.00' } });
  passMinute();
  await eventually(() => expect(listener.events.at(-1)).toMatchObject({ account: { held: '0.00' } }));
  listener.close();
});
