import fc from 'fast-check';
import { expect, test } from 'vitest';
import { statementCsv } from '#backend/documents/statement-csv.ts';
import type { PeriodLine } from '#backend/documents/statement-period-store.ts';
import { nanoUsd, parseUsd } from '#shared/money.ts';
import { parseCsv } from '../../support/parse-csv.ts';

function lineOf(sequence: bigint, description: string, amount: bigint): PeriodLine {
  return {
    sequence,
    kind: 'usage',
    amount,
    balance_after: amount,
    request_id: null,
    order_id: null,
    description,
    at_ms: sequence,
    input_tokens: 3n,
    output_tokens: null,
  };
}

function statementOf(lines: number, readLines: (from: bigint, limit: number) => Promise<PeriodLine[]>) {
  const period = { accountId: 'acc_1', first: 1n, end: BigInt(lines) + 1n, opening: nanoUsd(5n), closing: nanoUsd(7n) };
  return statementCsv({ period, startMs: 0, endMs: 1, readLines });
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠', '"', ','), fc.string())
    .map((parts) => parts.join('')),
);

test('no text becomes a formula, a line break or another cell; a negative amount stays a number (A24)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(hostile, { minLength: 1, maxLength: 20 }),
      fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
      async (texts, amount) => {
        const lines = texts.map((text, index) => lineOf(BigInt(index) + 1n, text, amount));
        const file = await new Response(
          statementOf(lines.length, async (from) => lines.slice(Number(from) - 1)),
        ).text();
        const records = parseCsv(file);
        expect(records).toHaveLength(texts.length + 2);
        for (const record of records.slice(1, -1)) {
          expect(parseUsd(record['amount_usd'] ?? '')).toBe(amount);
          expect(record['description']).not.toMatch(/^[=+\-@＝＋－＠]|[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
          expect([record['input_tokens'], record['output_tokens']]).toEqual(['3', '']);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('a million lines are read as they are taken, not before', async () => {
  let read = 0;
  const reader = statementOf(1_000_000, async (from, limit) => {
    read += limit;
    return Array.from({ length: limit }, (_, index) => lineOf(from + BigInt(index), 'corvus/echo', -1n));
  }).getReader();
  await reader.read();
  await new Promise((resolve) => setImmediate(resolve));
  expect(read).toBeLessThan(10_000);
  await reader.cancel();
});

test('a line that cannot be read breaks the file off: it does not look whole', async () => {
  await expect(new Response(statementOf(3, async () => [])).text()).rejects.toThrow();
});
