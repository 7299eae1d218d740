import { afterEach, beforeEach, expect, test } from 'vitest';
import { ledgerPageSchema } from '#shared/account/ledger.ts';
import { statementTotalsSchema } from '#shared/account/statement.ts';
import { nanoUsd, parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { findPeriod } from '#backend/documents/statement-period-store.ts';
import { systemClock } from '#backend/runtime/system-ports.ts';
import { nano, openTestLedger } from '../../support/open-test-ledger.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { parseCsv } from '../../support/parse-csv.ts';

let service: TestBackend;
let shiftMs: number;

beforeEach(async () => {
  shiftMs = 0;
  service = await startTestBackend({ clock: { ...systemClock, nowMs: () => Date.now() + shiftMs } });
});

afterEach(() => service[Symbol.asyncDispose]());

async function statement(query: string) {
  const reply = await service.call(`/v1/account/statement.csv${query}`);
  expect(reply.status).toBe(200);
  const rows = parseCsv(await reply.text());
  const totals = statementTotalsSchema.parse(await (await service.call(`/v1/account/statement${query}`)).json());
  const [opening, closing] = [rows[0], rows.at(-1)];
  const lines = rows.slice(1, -1);
  expect([opening?.['kind'], closing?.['kind']]).toEqual(['opening_balance', 'closing_balance']);
  const sum = lines.reduce((total, line) => total + (parseUsd(line['amount_usd'] ?? '') ?? zeroUsd), 0n);
  // The file alone proves its balance: line by line, and as a whole.
  let balance: bigint = parseUsd(opening?.['balance_after_usd'] ?? '') ?? zeroUsd;
  expect(usdText(nanoUsd(balance + sum))).toBe(closing?.['balance_after_usd']);
  for (const line of lines) {
    balance += parseUsd(line['amount_usd'] ?? '') ?? zeroUsd;
    expect(line['balance_after_usd']).toBe(usdText(nanoUsd(balance)));
  }
  expect([totals.opening, totals.closing]).toEqual([opening?.['balance_after_usd'], closing?.['balance_after_usd']]);
  expect(totals.totals.reduce((count, kind) => count + kind.lines, 0)).toBe(lines.length);
  return { lines, name: reply.headers.get('content-disposition'), opening: totals.opening, closing: totals.closing };
}

/** `2026-11`, so many months after the one in which the account was opened. */
async function monthAfter(months: number): Promise<string> {
  const { data } = ledgerPageSchema.parse(await (await service.call('/v1/account/ledger')).json());
  const opened = new Date(data[0]?.at ?? '');
  return new Date(Date.UTC(opened.getUTCFullYear(), opened.getUTCMonth() + months)).toISOString().slice(0, 7);
}

async function spendOn(day: string): Promise<void> {
  shiftMs = Date.parse(`${day}T12:00:00Z`) - Date.now();
  await service.call('/v1/chat/completions', { body: chat('Hello') });
}

test('months follow each other without a gap or an overlap, and each re-derives its balance', async () => {
  await service.call('/v1/chat/completions', { body: chat('Hello') });
  const month = await monthAfter(1);
  await spendOn(`${month}-01`);
  await spendOn(`${month}-15`);
  const { balance } = (await (await service.call('/v1/account')).json()) as { balance: string };
  const first = await statement(`?month=${await monthAfter(0)}`);
  const second = await statement(`?month=${month}`);
  expect(first.lines.map((line) => [line['sequence'], line['kind']])).toEqual([
    ['1', 'grant'],
    ['2', 'usage'],
  ]);
  expect(second.lines.map((line) => [line['sequence'], line['time_utc']?.slice(0, 10)])).toEqual([
    ['3', `${month}-01`],
    ['4', `${month}-15`],
  ]);
  expect([first.opening, first.closing, second.closing]).toEqual(['0.00', second.opening, balance]);
  expect(second.lines[0]).toMatchObject({
    request_id: expect.stringMatching(/^req_/),
    order_id: '',
    input_tokens: expect.stringMatching(/^\d+$/),
  });
  expect(second.name).toBe(`attachment; filename="statement-${month}.csv"`);
});

test('days from the first to the last; this month when nothing is said; a time in which nothing was', async () => {
  const month = await monthAfter(1);
  for (const day of ['01', '14', '15']) await spendOn(`${month}-${day}`);
  expect((await statement(`?start=${month}-01&end=${month}-14`)).lines).toHaveLength(2);
  expect((await statement(`?start=${month}-15&end=${month}-15`)).lines).toHaveLength(1);
  expect((await statement('')).lines).toHaveLength(3);
  expect(await statement('?month=2025-01')).toMatchObject({ lines: [], opening: '0.00', closing: '0.00' });
  const after = await statement(`?month=${await monthAfter(2)}`);
  expect(after.lines).toEqual([]);
  expect(after.opening).toBe((await statement(`?month=${month}`)).closing);
});

test('a day begins with its first moment; lines that changed places at midnight stay on one side, whatever comes later', async () => {
  await using ledger = await openTestLedger(nano(0));
  const midnight = Date.UTC(2026, 10, 1);
  const write = (sequence: number, atMs: number) =>
    ledger.database
      .run(`insert into statement_lines (account_id, sequence, kind, amount, balance_after, description, at_ms, line_hash)
      values ('${ledger.accountId}', ${sequence}, 'usage', 1, ${sequence}, 'x', ${atMs}, 'hash')`);
  for (const [index, offset] of [-9, -1, 0, 1, -1, 2].entries()) await write(index + 1, midnight + offset);
  const day = (from: number, to: number) => findPeriod(ledger.db, ledger.accountId, from, to);
  expect(await day(midnight, midnight + 1000)).toMatchObject({ first: 6n, end: 7n, opening: 5n, closing: 6n });
  for (let sequence = 7; sequence < 40; sequence += 1) {
    await write(sequence, midnight + sequence);
    expect((await day(0, midnight)).end).toBe(6n);
  }
  expect(await day(midnight + 8, midnight + 9)).toMatchObject({ first: 8n, end: 9n });
  expect(await day(midnight + 500, midnight + 900)).toMatchObject({ first: 40n, end: 40n, opening: 39n, closing: 39n });
});

test('more lines than are read at once', async () => {
  const rows = Array.from(
    { length: 1200 },
    (_, index) =>
      `('${service.accountId}', ${index + 2}, 'adjustment', 1, ${25_000_000_001 + index}, 'adjusted', ${Date.now()}, 'hash')`,
  );
  await service.database.run(
    `insert into statement_lines (account_id, sequence, kind, amount, balance_after, description, at_ms, line_hash) values ${rows.join(', ')}`,
  );
  expect((await statement(`?month=${await monthAfter(0)}`)).lines).toHaveLength(1201);
});

test.each([
  '?month=2026-13',
  '?month=0050-03',
  '?month=9999-12',
  '?start=0099-12-31&end=2026-11-01',
  '?start=2026-11-01&end=9999-12-31',
  '?month=november',
  '?start=2026-11-01',
  '?start=2026-11-02&end=2026-11-01',
  '?month=2026-11&start=2026-11-01&end=2026-11-02',
  '?start=2026-02-30&end=2026-03-01',
])('%s is refused', async (query) => {
  for (const path of ['statement.csv', 'statement'])
    expect((await service.call(`/v1/account/${path}${query}`)).status).toBe(400);
});
