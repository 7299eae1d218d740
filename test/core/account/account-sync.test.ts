import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type AccountLink, createAccountLink } from '#core/account/account-link.ts';
import type { Clock } from '#shared/ports.ts';
import { type AccountState, isStale } from '#core/account/account-state.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import type { Order } from '#shared/account/orders.ts';
import { createPriceBook, parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { usdText, nanoUsd, parseUsd } from '#shared/money.ts';
import { eventually } from '../../support/eventually.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { createTestClock } from '../../support/test-clock.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import {
  begun,
  finished,
  openTestStore,
  quiet,
  realClock,
  requestId,
  type TestStore,
} from '../../support/store-fixture.ts';

const prices = createPriceBook(parseCatalogue(catalogue));
const hurriedClock: Clock = {
  ...realClock,
  after: (delayMs, task) => realClock.after(delayMs < 5_000 ? Math.min(delayMs, 20) : delayMs, task),
};

interface Linked {
  link: AccountLink;
  states: AccountState[];
  orders: Order[];
  lines: LedgerLine[];
}

function linkTo(opened: TestStore, clock: Clock = hurriedClock): Linked {
  const states: AccountState[] = [];
  const orders: Order[] = [];
  const lines: LedgerLine[] = [];
  const random = { bytes: (count: number) => new Uint8Array(count) };
  const link = createAccountLink({
    network: { fetch },
    store: opened.store,
    prices,
    clock,
    random,
    logger: quiet,
    onState: (state) => states.push(state),
    onOrder: (order) => orders.push(order),
    onLines: (some) => lines.push(...some),
  });
  onTestFinished(() => link.stop());
  return { link, states, orders, lines };
}

const use = (link: AccountLink, { baseUrl, customerKey }: { baseUrl: string; customerKey: string }) =>
  link.use({ access: { baseUrl, customerKey }, accountId: null, sinceMs: 0 });

/** A request as the gateway makes it: row first, then the call under the same id. */
async function buy(opened: TestStore, backend: TestBackend, id = requestId(Date.now())): Promise<typeof id> {
  opened.store.requests.begin(begun({ id, createdAtMs: Date.now(), modelRequested: 'corvus/echo' }));
  const reply = await backend.call('/v1/chat/completions', {
    body: chat('hello'),
    headers: { 'x-corvus-request-id': id },
  });
  expect(reply.status).toBe(200);
  await reply.text();
  return id;
}

test('a bought request is settled from the live ledger, to the nano-dollar, and the balance follows', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  const { link, states } = linkTo(opened);
  await use(link, backend);
  await eventually(() => expect(link.state()?.account).not.toBeNull());
  const before = parseUsd(link.state()?.account?.balance ?? '') ?? 0n;
  const id = await buy(opened, backend);
  await eventually(async () => expect(await opened.store.requests.get(id)).toMatchObject({ costKind: 'settled' }));
  opened.store.requests.finish(finished(id));
  const detail = await opened.store.requests.get(id);
  const cost = parseUsd(detail?.settledCost ?? '') ?? 0n;
  expect(cost).toBeGreaterThan(0n);
  await eventually(() => expect(link.state()?.account?.balance).toBe(usdText(nanoUsd(before - cost))));
  expect(detail?.balanceAfter).toBe(usdText(nanoUsd(before - cost)));
  expect(states.at(-1)).toMatchObject({ hasAccountApi: true, problem: null });
});

test('refresh resolves with balance and ledger confirmed', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  const { link, lines: told } = linkTo(opened);
  await use(link, backend);
  await link.refresh();
  const id = await buy(opened, backend);
  await link.refresh();
  expect(told).toContainEqual(expect.objectContaining({ requestId: id, sequence: link.figure()?.ledgerSequence }));
  const { lines } = await opened.store.mirror.lines(backend.accountId, null, 10);
  expect(lines[0]).toMatchObject({
    kind: 'usage',
    requestId: id,
    isRequestHere: true,
    balanceAfter: link.state()?.account?.balance,
  });
  expect(await opened.store.mirror.cursor(backend.accountId)).toBe(lines[0]?.sequence);
});

test('lines of other machines stay in the ledger, make no request rows, and say that their request is not here', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  const reply = await backend.call('/v1/chat/completions', { body: chat('elsewhere') });
  await reply.text();
  const { link } = linkTo(opened);
  await use(link, backend);
  await link.refresh();
  const { lines } = await opened.store.mirror.lines(backend.accountId, null, 10);
  expect(lines.map(({ kind, isRequestHere }) => [kind, isRequestHere])).toEqual([
    ['usage', false],
    ['grant', false],
  ]);
  expect((await opened.store.requests.list(noFilter, null, 1)).rows).toEqual([]);
});

test('a request interrupted by a crash takes usage and cost from its receipt; one that never arrived costs nothing', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  const arrived = await buy(opened, backend);
  const lost = begun({ createdAtMs: Date.now() });
  opened.store.requests.begin(lost);
  await opened.store.requests.closeOpen();
  const { link } = linkTo(opened);
  await use(link, backend);
  await eventually(async () => {
    expect(await opened.store.requests.get(arrived)).toMatchObject({
      status: 'interrupted',
      costKind: 'settled',
      usageSource: 'provider',
    });
    expect(await opened.store.requests.get(lost.id)).toMatchObject({
      status: 'interrupted',
      costKind: 'settled',
      cost: '0.00',
    });
  });
  const receipt = (await (await backend.call(`/v1/generation?id=${arrived}`)).json()) as {
    cost: string;
    usage: object;
  };
  expect(await opened.store.requests.get(arrived)).toMatchObject({ cost: receipt.cost, usage: receipt.usage });
}, 20_000);

test('a paid order is reported and credits the balance', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  const { link, orders } = linkTo(opened);
  await use(link, backend);
  await eventually(() => expect(link.state()?.models).not.toBeNull());
  const order = await link.client().createTopup('5.00');
  await eventually(() => expect(orders.map(({ id }) => id)).toContain(order.id));
});

test('a refused key is reported, and nothing is adopted', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  const { link } = linkTo(opened);
  await use(link, { baseUrl: backend.baseUrl, customerKey: 'sk-corvus-wrong' });
  await link.refresh();
  expect(link.state()).toMatchObject({ account: null, problem: { code: 'invalid_api_key' } });
});

/** A service whose answers the test writes. */
async function startService(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ baseUrl: string; server: Server; sockets: Set<Socket> }> {
  const server = createServer(answer);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, sockets };
}

function json(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const account = (ledgerSequence: number, balance: string) => ({
  object: 'account',
  id: 'acc_1',
  currency: 'USD',
  asOf: '2026-01-01T00:00:00Z',
  balance,
  held: '0.00',
  spendable: balance,
  status: 'ok',
  totalPurchased: '10.00',
  totalUsed: '0.00',
  isPlayMoney: false,
  topupUrl: null,
  ledgerSequence,
});
const line = (sequence: number) => ({
  sequence,
  at: '2026-01-01T00:00:00Z',
  kind: 'grant',
  amount: '1.00',
  balanceAfter: `${sequence}.00`,
  requestId: null,
  orderId: null,
  description: '',
});

test('a broken stream resumes at the cursor, and a gap is filled from the ledger (D85)', async () => {
  const lastEventIds: (string | undefined)[] = [];
  let known = 2;
  const { baseUrl } = await startService((request, response) => {
    const url = new URL(request.url ?? '/', 'http://a');
    if (url.pathname === '/v1/account') return json(response, account(known, `${known}.00`));
    if (url.pathname === '/v1/account/topups') return json(response, { object: 'list', data: [] });
    if (url.pathname === '/v1/models') return json(response, { data: [{ id: 'gpt-5.5' }] });
    if (url.pathname === '/v1/prices') return json(response, {}, 404);
    if (url.pathname === '/v1/account/ledger') {
      const after = Number(url.searchParams.get('after'));
      const all = Array.from({ length: known }, (_, index) => line(index + 1)).filter(
        ({ sequence }) => sequence > after,
      );
      return json(response, { object: 'list', data: all.slice(0, 2), hasMore: all.length > 2 });
    }
    lastEventIds.push(request.headers['last-event-id'] as string | undefined);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (lastEventIds.length > 1) return void response.write(': hello\n\n');
    // Line 3 and 4 are never sent: the event of line 5 shows that they are missing. Then the connection breaks inside
    // an event.
    known = 5;
    response.write(
      `id: 5\nevent: ledger\ndata: ${JSON.stringify({ type: 'ledger', line: line(5), receipt: null })}\n\nevent: acc`,
      () => setImmediate(() => request.socket.destroy()),
    );
  });
  await using opened = await openTestStore();
  const { link } = linkTo(opened);
  await use(link, { baseUrl, customerKey: 'k' });
  await eventually(() => expect(lastEventIds).toEqual(['2', '5']));
  expect((await opened.store.mirror.lines('acc_1', null, 10)).lines.map(({ sequence }) => sequence)).toEqual([
    5, 4, 3, 2, 1,
  ]);
  expect(link.forRouting()?.models).toEqual(new Map([['gpt-5.5', prices.find('gpt-5.5')?.dialects]]));
});

test('a service without an account API still works', async () => {
  const { baseUrl } = await startService((request, response) => {
    if (request.url === '/v1/models') return json(response, { data: [{ id: 'gpt-5.5' }] });
    json(response, { error: { message: 'Not found' } }, 404);
  });
  await using opened = await openTestStore();
  const { link } = linkTo(opened);
  await use(link, { baseUrl, customerKey: 'k' });
  await eventually(() =>
    expect(link.state()).toMatchObject({
      hasAccountApi: false,
      problem: null,
      account: null,
      models: [{ slug: 'gpt-5.5' }],
    }),
  );
});

test.each<[string, (response: ServerResponse) => void, string]>([
  [
    'a web page',
    (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hotel</html>'),
    'upstream_not_json',
  ],
  ['another JSON', (response) => json(response, { hello: 'world' }), 'upstream_not_json'],
  [
    'a redirect',
    (response) => void response.writeHead(302, { location: 'https://elsewhere.example' }).end(),
    'upstream_redirect',
  ],
  ['a closed connection', (response) => void response.destroy(), 'upstream_connection_error'],
  ['a server error', (response) => json(response, { error: { message: 'no disk' } }, 500), 'upstream_connection_error'],
])('%s instead of an account becomes a sentence', async (_name, answer, code) => {
  const { baseUrl } = await startService((_request, response) => answer(response));
  await using opened = await openTestStore();
  const { link } = linkTo(opened);
  await use(link, { baseUrl, customerKey: 'secret-key' });
  await link.refresh();
  expect(link.state()?.problem).toMatchObject({ code });
  expect(link.state()?.problem?.message).not.toContain('secret-key');
});

test('a connection that dies silently makes the balance stale and is opened again', async () => {
  const clock = createTestClock(Date.now());
  let streams = 0;
  const { baseUrl } = await startService((request, response) => {
    if (request.url === '/v1/account') return json(response, account(0, '3.00'));
    if (request.url === '/v1/account/topups' || request.url === '/v1/models')
      return json(response, { object: 'list', data: [] });
    if (request.url?.startsWith('/v1/account/ledger'))
      return json(response, { object: 'list', data: [], hasMore: false });
    streams += 1;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
  });
  await using opened = await openTestStore();
  const { link } = linkTo(opened, clock);
  await use(link, { baseUrl, customerKey: 'k' });
  await eventually(() => expect(streams).toBe(1));
  await eventually(() => {
    clock.advance(15_000);
    expect(streams).toBeGreaterThan(1);
  });
});

test('after a refusal a refresh that works also takes up the live events again', async () => {
  let isOpen = false;
  let streams = 0;
  const { baseUrl } = await startService((request, response) => {
    if (!isOpen) return json(response, { error: { message: 'no' } }, 401);
    if (request.url === '/v1/account') return json(response, account(0, '3.00'));
    if (request.url === '/v1/account/topups' || request.url === '/v1/models')
      return json(response, { object: 'list', data: [] });
    if (request.url?.startsWith('/v1/account/ledger'))
      return json(response, { object: 'list', data: [], hasMore: false });
    streams += 1;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
  });
  await using opened = await openTestStore();
  // Nothing but the refresh can end the wait: the clock stands still.
  const { link } = linkTo(opened, createTestClock(Date.now()));
  await use(link, { baseUrl, customerKey: 'k' });
  await eventually(() => expect(link.state()?.problem).toMatchObject({ code: 'invalid_api_key' }));
  isOpen = true;
  await link.refresh();
  expect(link.state()).toMatchObject({ problem: null, account: { balance: '3.00' } });
  await eventually(() => expect(streams).toBe(1));
});

test('a service whose clock was set back is still heard as soon as its statement has another line', async () => {
  const at = (asOf: string, sequence: number, balance: string) => ({ ...account(sequence, balance), asOf });
  const { baseUrl } = await startService((request, response) => {
    if (request.url === '/v1/account') return json(response, at('2026-01-01T12:00:00Z', 0, '9.00'));
    if (request.url === '/v1/account/topups' || request.url === '/v1/models')
      return json(response, { object: 'list', data: [] });
    if (request.url === '/v1/prices') return json(response, {}, 404);
    if (request.url?.startsWith('/v1/account/ledger'))
      return json(response, { object: 'list', data: [], hasMore: false });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const events = [
      { type: 'ledger', line: line(1), receipt: null },
      { type: 'account', account: at('2026-01-01T11:00:00Z', 1, '8.00') },
    ];
    for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  });
  await using opened = await openTestStore();
  const { link } = linkTo(opened);
  await use(link, { baseUrl, customerKey: 'k' });
  await eventually(() => expect(link.state()?.account?.balance).toBe('8.00'));
});

test('and before that by what it tells after another event, or answers', async () => {
  const at = (asOf: string, balance: string) => ({ ...account(0, balance), asOf });
  let answered = at('2026-01-01T12:00:00Z', '9.00');
  const send: { event?: (told: object) => void } = {};
  const { baseUrl } = await startService((request, response) => {
    if (request.url === '/v1/account') return json(response, answered);
    if (request.url === '/v1/account/topups' || request.url === '/v1/models')
      return json(response, { object: 'list', data: [] });
    if (request.url === '/v1/prices') return json(response, {}, 404);
    if (request.url?.startsWith('/v1/account/ledger'))
      return json(response, { object: 'list', data: [], hasMore: false });
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
    send.event = (told) =>
      void response.write(`event: account\ndata: ${JSON.stringify({ type: 'account', account: told })}\n\n`);
  });
  await using opened = await openTestStore();
  const { link } = linkTo(opened);
  await use(link, { baseUrl, customerKey: 'k' });
  await eventually(() => expect(send.event).toBeDefined());
  for (const told of [at('2026-01-01T12:00:01Z', '8.00'), at('2026-01-01T11:00:00Z', '7.00')]) {
    send.event?.(told);
    await eventually(() => expect(link.state()?.account?.balance).toBe(told.balance));
  }
  send.event?.(at('2026-01-01T10:00:00Z', '6.00'));
  answered = at('2026-01-01T09:00:00Z', '5.00');
  await eventually(() => expect(link.state()?.account?.balance).toBe('6.00'));
  await link.refresh();
  expect(link.state()?.account?.balance).toBe('5.00');
});

test('totals from a time that has not come yet, by a clock that was set back, do not count as confirmed', () => {
  const nothing = { account: null, models: null, prices: null, statement: null, seesStatement: null };
  const state = { ...nothing, hasAccountApi: true, problem: null };
  const isStaleAt = (nowMs: number) => isStale({ ...state, confirmedAtMs: 3_600_000 }, nowMs);
  expect([3_599_000, 3_600_000, 3_660_000, 3_660_001, 0].map(isStaleAt)).toEqual([false, false, false, true, true]);
});

test('an answer that an event has overtaken does not restore old totals', async () => {
  let answers = 0;
  const send: { event?: () => void; answer?: () => void } = {};
  const at = (asOf: string, balance: string) => ({ ...account(0, balance), asOf });
  const { baseUrl } = await startService((request, response) => {
    if (request.url === '/v1/account') {
      answers += 1;
      if (answers === 1) return json(response, at('2026-01-01T00:00:00Z', '9.00'));
      send.answer = () => json(response, at('2026-01-01T00:00:01Z', '8.00'));
      return;
    }
    if (request.url === '/v1/account/topups' || request.url === '/v1/models')
      return json(response, { object: 'list', data: [] });
    if (request.url === '/v1/prices') return json(response, {}, 404);
    if (request.url?.startsWith('/v1/account/ledger'))
      return json(response, { object: 'list', data: [], hasMore: false });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
    const event = { type: 'account', account: at('2026-01-01T00:00:02Z', '7.00') };
    send.event = () => void response.write(`event: account\ndata: ${JSON.stringify(event)}\n\n`);
  });
  await using opened = await openTestStore();
  const { link } = linkTo(opened);
  await use(link, { baseUrl, customerKey: 'k' });
  await eventually(() => expect(send.event).toBeDefined());
  const refreshed = link.refresh();
  await eventually(() => expect(send.answer).toBeDefined());
  send.event?.();
  await eventually(() => expect(link.state()?.account?.balance).toBe('7.00'));
  send.answer?.();
  await refreshed;
  expect(link.state()?.account?.balance).toBe('7.00');
});
