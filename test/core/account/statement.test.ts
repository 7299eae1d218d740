import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import SqliteDatabase from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import type { Notice } from '#shared/contract/app.ts';
import type { StatementReport } from '#shared/account/statement-report.ts';
import { standardTariffs } from '#backend/pricing/tariffs.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { eventually } from '../../support/eventually.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { buy } from './buy.ts';
import { startServices, type TestServices } from '../../support/services-fixture.ts';
import { openTestStore, requestId, type TestStore } from '../../support/store-fixture.ts';

const verify = (services: TestServices, fromStart = true): Promise<StatementReport> =>
  services.handlers['account.verify']({ fromStart });
const untilReceipts = (services: TestServices, receipts: number) =>
  eventually(async () => expect(await verify(services, false)).toMatchObject({ receipts }));

/** Changes the app's database as a person with a shell would. */
function tamper(opened: TestStore, statement: string): void {
  const db = new SqliteDatabase(opened.databasePath);
  expect(db.prepare(statement).run().changes).toBeGreaterThan(0);
  db.close();
}

async function notices({ handlers }: TestServices): Promise<Notice[]> {
  return (await handlers['app.status'](undefined)).notices.filter(({ id }) => id === 'account.statement');
}

/** Rewrites a service's ledger, bypassing the triggers that refuse it. */
async function rewriteLedger({ database }: TestBackend, ...statements: string[]): Promise<void> {
  for (const trigger of ['statement_lines_no_update', 'statement_lines_no_delete'])
    await database.run(`drop trigger ${trigger}`);
  for (const statement of statements) await database.run(statement);
}

test('every line and receipt is proven here, even when the service is gone', async () => {
  await using opened = await openTestStore();
  const secrets = new Map<string, string>();
  const expected = { status: 'ok', lines: 4, provenLines: 4, receipts: 3, firstFault: null, formerLines: [] };
  {
    await using backend = await startTestBackend();
    await using services = await startServices({ sandbox: backend, opened, secrets });
    await services.handlers['balance.get']({ refresh: true });
    const ids = [];
    for (const text of ['one', 'two', 'three']) ids.push(await buy(opened, backend, text));
    await untilReceipts(services, 3);
    expect(await verify(services)).toEqual(expected);
    for (const id of ids) {
      expect(await services.handlers['account.verify-receipt']({ id })).toEqual({ status: 'verified', fault: null });
    }
    expect(services.events.findLast(({ name }) => name === 'account.statement-checked')?.payload).toEqual(expected);
    expect(await notices(services)).toEqual([]);
  }
  const gone = { baseUrl: 'http://127.0.0.1:9', customerKey: 'sk-corvus-unknown' } as TestBackend;
  await using offline = await startServices({ sandbox: gone, opened, secrets });
  expect(await verify(offline)).toEqual(expected);
});

test('lines that were downloaded later get their receipts too', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  const id = await buy(opened, backend, 'before the app looked');
  await using services = await startServices({ sandbox: backend, opened });
  await services.handlers['balance.get']({ refresh: true });
  await untilReceipts(services, 1);
  expect(await services.handlers['account.verify-receipt']({ id })).toMatchObject({ status: 'verified' });
  expect(await services.handlers['account.verify-receipt']({ id: requestId() })).toEqual({
    status: 'missing',
    fault: null,
  });
});

test('where a reserve is a line of its own, a receipt is proven by the line that it was written for', async () => {
  const parsed = parseCatalogue(catalogue);
  const models = parsed.models.map((model) => ({ ...model, prices: { ...model.prices, input: '900', output: '900' } }));
  await using backend = await startTestBackend({
    priceCatalogue: { ...parsed, models },
    tariffs: { ...standardTariffs, plan: 'credits' },
  });
  await using opened = await openTestStore();
  await using services = await startServices({ sandbox: backend, opened });
  await services.handlers['balance.get']({ refresh: true });
  const id = await buy(opened, backend, 'dearer than what a chat reserves');
  await untilReceipts(services, 1);
  const { lines } = await services.handlers['billing.ledger']({ cursor: null, limit: 10 });
  expect(lines.filter(({ requestId: of }) => of === id)).toHaveLength(2);
  expect(await services.handlers['account.verify-receipt']({ id })).toEqual({ status: 'verified', fault: null });
});

test.each([
  ['a changed amount', 'UPDATE ledger_lines SET amount = amount + 1 WHERE sequence = 2', 2, 'balance'],
  ['a changed balance', 'UPDATE ledger_lines SET balance_after = balance_after + 1 WHERE sequence = 2', 2, 'balance'],
  ['a changed description', "UPDATE ledger_lines SET description = 'gift' WHERE sequence = 1", 1, 'hash'],
  ['a kind that there is not', "UPDATE ledger_lines SET kind = 'nonsense' WHERE sequence = 3", 3, 'unreadable'],
  ['a removed line', 'DELETE FROM ledger_lines WHERE sequence = 2', 2, 'gap'],
  ['a removed last line', 'DELETE FROM ledger_lines WHERE sequence = 3', 3, 'gap'],
  [
    'a changed receipt',
    `UPDATE receipts SET content = replace(content, '"freshInput":', '"freshInput":1')`,
    2,
    'receipt',
  ],
  ['a damaged receipt', "UPDATE receipts SET content = '{'", 2, 'receipt'],
])('%s in the data folder is named, and the account sends it again', async (_what, statement, sequence, rule) => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  await using services = await startServices({ sandbox: backend, opened });
  await services.handlers['balance.get']({ refresh: true });
  await buy(opened, backend, 'one');
  await buy(opened, backend, 'two');
  await untilReceipts(services, 2);
  tamper(opened, statement);
  expect(await verify(services)).toMatchObject({
    status: 'fault',
    lines: sequence - 1,
    firstFault: { sequence, rule },
  });
  expect(await notices(services)).toMatchObject([{ level: 'error' }]);
  expect((await services.handlers['billing.ledger']({ cursor: null, limit: 10 })).lines.length).toBeGreaterThan(1);
  await services.handlers['account.take-over-statement'](undefined);
  // Both receipts were changed in one case: each is named and downloaded again.
  await services.handlers['account.take-over-statement'](undefined);
  expect(await verify(services)).toMatchObject({
    status: 'ok',
    lines: 3,
    provenLines: 3,
    firstFault: null,
    formerLines: [],
  });
  expect(await notices(services)).toEqual([]);
});

test('a line that the service changed before the app fetched it is named', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  await buy(opened, backend, 'one');
  await rewriteLedger(backend, "update statement_lines set description = 'cheaper' where sequence = 2");
  await using services = await startServices({ sandbox: backend, opened });
  await services.handlers['balance.get']({ refresh: true });
  await eventually(async () => expect(await notices(services)).toHaveLength(1));
  expect(await verify(services)).toMatchObject({ status: 'fault', firstFault: { sequence: 2, rule: 'hash' } });
  // Taking it over does not make it right.
  expect(await services.handlers['account.take-over-statement'](undefined)).toMatchObject({ status: 'fault' });
});

test('a service that lost its last line and changed an earlier one is caught, and the first versions are kept', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  await using services = await startServices({ sandbox: backend, opened });
  await services.handlers['balance.get']({ refresh: true });
  await buy(opened, backend, 'one');
  const lost = await buy(opened, backend, 'two');
  await untilReceipts(services, 2);
  await rewriteLedger(
    backend,
    "update statement_lines set description = 'rewritten' where sequence = 2",
    'delete from statement_lines where sequence = 3',
    'update customer_accounts set line_count = 2',
  );
  await services.handlers['balance.get']({ refresh: true });
  await eventually(async () => expect(await verify(services)).toMatchObject({ firstFault: { sequence: 2 } }));
  const { formerLines } = await verify(services);
  expect(formerLines).toMatchObject([
    { sequence: 2, description: 'corvus/echo' },
    { sequence: 3, requestId: lost },
  ]);
});

/** A service of an older version, which gives no hashes; its lines are the test's. */
async function startOldService(lines: () => { sequence: number; description: string }[]): Promise<TestBackend> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://a');
    const all = lines().map((line) => ({ ...wholeLine, balanceAfter: `${line.sequence}.00`, ...line }));
    const after = Number(url.searchParams.get('after'));
    const json = (body: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.pathname === '/v1/account')
      return json({ ...wholeAccount, balance: `${all.length}.00`, ledgerSequence: all.length });
    if (url.pathname === '/v1/account/ledger') {
      return json({ object: 'list', data: all.filter(({ sequence }) => sequence > after), hasMore: false });
    }
    if (url.pathname !== '/v1/account/events') return json({ object: 'list', data: [] });
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    customerKey: 'sk-corvus-old',
  } as TestBackend;
}

const wholeLine = { at: '2026-01-01T00:00:00Z', kind: 'grant', amount: '1.00', requestId: null, orderId: null };
const wholeAccount = {
  object: 'account',
  id: 'acc_old',
  currency: 'USD',
  asOf: '2026-01-01T00:00:00Z',
  held: '0.00',
  spendable: '0.00',
  status: 'ok',
  totalPurchased: '0.00',
  totalUsed: '0.00',
  isPlayMoney: false,
  topupUrl: null,
};

test('without hashes too, changed history is reported until it was accepted', async () => {
  let history = [1, 2, 3, 4, 5].map((sequence) => ({ sequence, description: 'first' }));
  const service = await startOldService(() => history);
  await using services = await startServices({ sandbox: service });
  await services.handlers['balance.get']({ refresh: true });
  expect(await verify(services)).toMatchObject({ status: 'ok', lines: 5, provenLines: 0 });

  // Put back from a copy that is the same as far as it goes: only the missing line is reported.
  history = history.slice(0, 4);
  await services.handlers['balance.get']({ refresh: true });
  expect(await verify(services)).toMatchObject({
    status: 'fault',
    lines: 4,
    firstFault: { sequence: 5, rule: 'rewritten' },
  });
  expect((await verify(services)).firstFault?.text).toContain('Line 5 has been removed from your statement');

  // Then it writes on, and differently: said twice, line 5 is another one now.
  history = [...history, { sequence: 5, description: 'second' }, { sequence: 6, description: 'second' }];
  await services.handlers['balance.get']({ refresh: true });
  const report = await verify(services);
  expect(report).toMatchObject({ lines: 6, formerLines: [{ sequence: 5, description: 'first' }] });
  expect(report.firstFault?.text).toContain('has changed since it was first downloaded');
  expect(await notices(services)).toHaveLength(1);

  expect(await services.handlers['account.take-over-statement'](undefined)).toMatchObject({
    status: 'ok',
    lines: 6,
    formerLines: [],
  });
  expect(await notices(services)).toEqual([]);

  // The same lines again: nothing happened.
  await services.opened.store.mirror.forgetLedger('acc_old', 6);
  await services.handlers['balance.get']({ refresh: true });
  expect(await verify(services)).toMatchObject({ status: 'ok', lines: 6, formerLines: [] });
});

test('a line that comes again with other content does not silently replace the stored one', async () => {
  await using opened = await openTestStore();
  const { mirror } = opened.store;
  const line = { ...wholeLine, sequence: 1, kind: 'grant' as const, balanceAfter: '1.00', description: 'first' };
  await mirror.applyLines('acc', [line]);
  await mirror.applyLines('acc', [{ ...line, receiptHash: null, hash: 'later' }]);
  expect(await mirror.formerLines('acc', 10)).toEqual([]);
  await mirror.applyLines('acc', [{ ...line, description: 'second' }]);
  expect(await mirror.formerLines('acc', 10)).toMatchObject([{ description: 'first', hash: 'later' }]);
  expect((await mirror.lines('acc', null, 10)).lines).toMatchObject([{ description: 'second' }]);
});
