import { afterEach, beforeEach, expect, test } from 'vitest';
import { statementTotalsSchema } from '#shared/account/statement.ts';
import { nanoUsd, parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { systemClock } from '#backend/system-ports.ts';
import { chat, startTestBackend, type TestBackend } from '../start-test-backend.ts';
import { parseCsv } from './parse-csv.ts';

let service: TestBackend;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.UTC(2026, 9, 31, 23, 59, 59);
  service = await startTestBackend({ clock: { ...systemClock, nowMs: () => nowMs } });
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

/** Requests in October, at the first moment of November, and in November. */
async function spendOverMonths() {
  await service.call('/v1/chat/completions', { body: chat('October') });
  nowMs = Date.UTC(2026, 10, 1);
  await service.call('/v1/chat/completions', { body: chat('November') });
  nowMs = Date.UTC(2026, 10, 15);
  await service.call('/v1/chat/completions', { body: chat('November') });
}

test('months follow each other without a gap or an overlap, and each re-derives its balance', async () => {
  await spendOverMonths();
  const { balance } = (await (await service.call('/v1/account')).json()) as { balance: string };
  const october = await statement('?month=2026-10');
  const november = await statement('?month=2026-11');
  expect(october.lines.map((line) => [line['sequence'], line['kind']])).toEqual([
    ['1', 'grant'],
    ['2', 'usage'],
  ]);
  expect(november.lines.map((line) => [line['sequence'], line['time_utc']])).toEqual([
    ['3', '2026-11-01T00:00:00.000Z'],
    ['4', '2026-11-15T00:00:00.000Z'],
  ]);
  expect([october.opening, october.closing, november.closing]).toEqual(['0.00', november.opening, balance]);
  expect(november.lines[0]).toMatchObject({
    request_id: expect.stringMatching(/^req_/),
    order_id: '',
    input_tokens: expect.stringMatching(/^\d+$/),
  });
  expect(november.name).toBe('attachment; filename="statement-2026-11.csv"');
});

test('days from the first to the last; this month when nothing is said; a time in which nothing was', async () => {
  await spendOverMonths();
  expect((await statement('?start=2026-10-31&end=2026-11-14')).lines).toHaveLength(3);
  expect((await statement('?start=2026-11-15&end=2026-11-15')).lines).toHaveLength(1);
  expect((await statement('')).lines).toHaveLength(2);
  expect(await statement('?month=2025-01')).toMatchObject({ lines: [], opening: '0.00', closing: '0.00' });
  const after = await statement('?month=2027-01');
  expect(after.lines).toEqual([]);
  expect(after.opening).toBe((await statement('?month=2026-11')).closing);
});

test('more lines than are read at once', async () => {
  const rows = Array.from(
    { length: 1200 },
    (_, index) => `('${service.accountId}', ${index + 2}, 'adjustment', 1, ${25_000_000_001 + index}, 'adjusted', ${nowMs})`,
  );
  await service.database.run(
    `insert into statement_lines (account_id, sequence, kind, amount, balance_after, description, at_ms) values ${rows.join(', ')}`,
  );
  expect((await statement('?month=2026-10')).lines).toHaveLength(1201);
});

test.each([
  '?month=2026-13',
  '?month=november',
  '?start=2026-11-01',
  '?start=2026-11-02&end=2026-11-01',
  '?month=2026-11&start=2026-11-01&end=2026-11-02',
  '?start=2026-02-30&end=2026-03-01',
])('%s is refused', async (query) => {
  for (const path of ['statement.csv', 'statement']) expect((await service.call(`/v1/account/${path}${query}`)).status).toBe(400);
});
