import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { type AccountLink, createAccountLink } from '#core/account/account-link.ts';
import { createChargeWatch } from '#core/account/charge-alerts.ts';
import type { ChargeMatch } from '#shared/account/request.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import type { RequestId } from '#shared/ids.ts';
import { createPriceBook, parseCatalogue, type PriceBook } from '#shared/metering/price-catalogue.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { zeroUsd } from '#shared/money.ts';
import { dayMs } from '#shared/time.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { eventually } from '../../support/eventually.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import {
  begun,
  finished,
  openTestStore,
  quiet,
  realClock,
  requestId,
  type TestStore,
} from '../../support/store-fixture.ts';
import { createTestClock } from '../../support/test-clock.ts';

const shipped = createPriceBook(parseCatalogue(catalogue));
const model = 'corvus/echo';

/** Text of an answer of the account, before it reaches the app. */
type Lie = (text: string) => string;

/**
 * The real service behind a front that lies about what it charged. It reports by answers alone, so that each lie is in
 * one place.
 */
async function startLiar(backend: TestBackend, lie: Lie): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    if (path.startsWith('/v1/account/events')) return void response.writeHead(503).end();
    const reply = await fetch(backend.baseUrl + path, {
      headers: { authorization: request.headers.authorization ?? '' },
    });
    const text = await reply.text();
    const isMoney = path.startsWith('/v1/account/ledger') || path.startsWith('/v1/generation');
    response
      .writeHead(reply.status, { 'content-type': 'application/json' })
      .end(isMoney && reply.ok ? lie(text) : text);
  };
  // A call that is under way when the test ends has no service any more.
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

async function linkTo(
  opened: TestStore,
  backend: TestBackend,
  baseUrl: string,
  clock = realClock,
): Promise<AccountLink> {
  const random = { bytes: (count: number) => new Uint8Array(count) };
  const parts = { network: { fetch }, store: opened.store, prices: shipped, clock, random, logger: quiet };
  const link = createAccountLink({
    ...parts,
    onState: () => undefined,
    onOrder: () => undefined,
    onLines: () => undefined,
  });
  onTestFinished(() => link.stop());
  await link.use({ access: { baseUrl, customerKey: backend.customerKey }, accountId: null, sinceMs: 0 });
  await eventually(() => expect(link.state()?.prices).not.toBeNull());
  return link;
}

/** A call as the gateway makes and meters it. */
async function buy(opened: TestStore, backend: TestBackend, prices: PriceBook, isAnswered = true): Promise<RequestId> {
  const id = requestId(Date.now());
  opened.store.requests.begin(begun({ id, createdAtMs: Date.now(), modelRequested: model }));
  const reply = await backend.call('/v1/chat/completions', {
    body: chat('hello there'),
    headers: { 'x-corvus-request-id': id },
  });
  expect(reply.status).toBe(200);
  const { usage: counted } = (await reply.json()) as { usage: { prompt_tokens: number; completion_tokens: number } };
  const price = prices.find(model);
  if (!price) throw new Error('the account has no price');
  const usage = makeUsage({ freshInput: counted.prompt_tokens, outputText: counted.completion_tokens });
  const { unitPrices, costNanoUsd } = priceUsage(usage, price);
  opened.store.requests.finish(
    isAnswered
      ? finished(id, { usage, unitPrices, catalogueVersion: prices.version, meteredCostNanoUsd: costNanoUsd })
      : finished(id, { status: 'failed', httpStatus: 502, usage: null, unitPrices: null, meteredCostNanoUsd: zeroUsd }),
  );
  return id;
}

const changed = (text: string, change: (reply: Record<string, unknown>) => void): string => {
  const reply = JSON.parse(text);
  change(reply);
  return JSON.stringify(reply);
};

interface LineText {
  kind: string;
  sequence: number;
  amount: string;
}

/** Changes the lines of requests in an answer that has lines. */
const lines = (text: string, change: (line: LineText) => LineText[]): string =>
  changed(text, (reply) => {
    if (!Array.isArray(reply['data'])) return;
    reply['data'] = reply['data'].flatMap((line: LineText) => (line.kind === 'usage' ? change(line) : [line]));
  });
const twiceAsMuch = (amount: string): string => String(Number(amount) * 2);

const receiptOf = (text: string, cost: (cost: string) => string): string =>
  changed(text, (reply) => {
    if (typeof reply['cost'] === 'string') reply['cost'] = cost(reply['cost']);
  });

const lies: [what: string, expected: ChargeMatch, lie: Lie, isAnswered?: boolean][] = [
  ['tells the truth', 'agrees', (text) => text],
  [
    'charges twice the price, and says so everywhere',
    'other-amount',
    (text) => lines(receiptOf(text, twiceAsMuch), (line) => [{ ...line, amount: twiceAsMuch(line.amount) }]),
  ],
  [
    'takes another amount than its receipt says',
    'moved-otherwise',
    (text) => lines(text, (line) => [{ ...line, amount: twiceAsMuch(line.amount) }]),
  ],
  [
    'takes the charge twice',
    'charged-twice',
    (text) => lines(text, (line) => [line, { ...line, sequence: line.sequence + 1 }]),
  ],
  [
    'charges nothing for an answer',
    'not-charged',
    (text) =>
      lines(
        receiptOf(text, () => '0.00'),
        () => [],
      ),
  ],
  ['charges for a request that failed', 'charged-without-answer', (text) => text, false],
];

test.each(lies)('an account that %s is named: %s', async (_what, expected, lie, isAnswered) => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  const told: string[] = [];
  opened.store.requests.onChanged(createChargeWatch({ show: ({ body }) => void told.push(body) }));
  const link = await linkTo(opened, backend, await startLiar(backend, lie));
  // The second line of a charge stands where the next request's would.
  const calls = expected === 'charged-twice' ? 1 : 2;
  const ids: RequestId[] = [];
  for (let call = 0; call < calls; call += 1) ids.push(await buy(opened, backend, shipped, isAnswered));
  await eventually(async () => {
    await link.refresh();
    for (const id of ids) expect(await opened.store.requests.get(id)).toMatchObject({ match: expected });
  });
  const isFaulty = expected !== 'agrees';
  // One alarm for one cause, however many requests it has.
  expect(told).toHaveLength(isFaulty ? 1 : 0);
  expect(await opened.store.requests.matches()).toMatchObject({ [expected]: calls });
  expect((await opened.store.requests.facets()).hasCharges).toBe(true);
  // What is deleted is no longer counted.
  await opened.store.requests.deleteBefore(Date.now() + dayMs, calls);
  expect(await opened.store.requests.matches()).toEqual({});
});

test.each([
  ['the account’s', (link: AccountLink) => link.forRouting()?.prices ?? shipped],
  ['those of before, as they were known when the request ended', () => shipped],
])('an account with prices of its own agrees, metered at %s', async (_which, pricesOf) => {
  const parsed = parseCatalogue(catalogue);
  const dearer = (entry: ModelPrice): ModelPrice => ({
    ...entry,
    prices: { ...entry.prices, input: '777', output: '777' },
  });
  const models = parsed.models.map((entry) => (entry.slug === model ? dearer(entry) : entry));
  await using backend = await startTestBackend({ priceCatalogue: { ...parsed, version: '2026-12-01.7', models } });
  await using opened = await openTestStore();
  const link = await linkTo(opened, backend, backend.baseUrl);
  const id = await buy(opened, backend, pricesOf(link));
  await eventually(async () =>
    expect(await opened.store.requests.get(id)).toMatchObject({ match: 'agrees', catalogueVersion: '2026-12-01.7' }),
  );
});

test('a charge that does not reach the balance within ten minutes is named, and not before', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  const clock = createTestClock(Date.now());
  const withoutLines = await startLiar(backend, (text) => lines(text, () => []));
  const link = await linkTo(opened, backend, withoutLines, clock);
  const id = await buy(opened, backend, shipped);
  await eventually(async () => {
    clock.advance(5_000);
    await link.refresh();
    expect(await opened.store.requests.get(id)).toMatchObject({ costKind: 'settled' });
  });
  clock.advance(60_000);
  expect(await opened.store.requests.get(id)).toMatchObject({ match: null });
  await eventually(async () => {
    clock.advance(300_000);
    await link.refresh();
    clock.advance(60_000);
    expect(await opened.store.requests.get(id)).toMatchObject({ match: 'moved-otherwise' });
  });
});
