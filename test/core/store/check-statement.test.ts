import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  checkReaches,
  checkStatement,
  nothingChecked,
  type StatementEntry,
} from '#core/store/statement/check-statement.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import { lineText, receiptText } from '#shared/account/proof.ts';
import type { Receipt } from '#shared/account/receipt.ts';
import { costAt, type UnitPrices } from '#shared/metering/price-usage.ts';
import { makeUsage, usageBuckets } from '#shared/metering/usage.ts';
import { nanoUsd, parseUsd, usdText } from '#shared/money.ts';

interface FullEntry extends StatementEntry {
  line: LedgerLine;
  receipt: Receipt | null;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const prices = Object.fromEntries(usageBuckets.map((bucket) => [bucket, '2.50'])) as UnitPrices;
const at = '2026-01-01T00:00:00.000Z';

function receiptFor(sequence: number, tokens: number, balance: bigint, writtenOff: bigint): Receipt {
  const usage = makeUsage({ freshInput: tokens, outputText: 7 });
  const cost = costAt(usage, prices) - writtenOff;
  return {
    object: 'generation',
    requestId: `req_${sequence}`,
    createdAt: at,
    settledAt: at,
    status: 'settled',
    modelRequested: 'gpt-5.5',
    modelServed: 'gpt-5.5-2026-01-01',
    usage,
    usageSource: 'provider',
    unitPrices: prices,
    catalogueVersion: '2026-01-01.1',
    held: '1.00',
    cost: usdText(nanoUsd(cost)),
    writtenOff: usdText(nanoUsd(writtenOff)),
    balanceAfter: usdText(nanoUsd(balance - cost)),
    ledgerSequence: sequence,
  };
}

/** A statement as the service writes it: a gift, then requests of these sizes. */
function statement(sizes: readonly number[]): FullEntry[] {
  const entries: FullEntry[] = [];
  let [hash, balance] = ['', 25_000_000_000n];
  const append = (line: Omit<LedgerLine, 'hash' | 'sequence' | 'at'>, receipt: Receipt | null): void => {
    const text = { sequence: entries.length + 1, at, ...line };
    hash = sha256(lineText(hash, text));
    entries.push({ sequence: text.sequence, line: { ...text, hash }, receipt });
  };
  const none = { requestId: null, orderId: null, receiptHash: null };
  append({ kind: 'grant', amount: '25.00', balanceAfter: '25.00', description: 'Welcome', ...none }, null);
  for (const size of sizes) {
    const receipt = receiptFor(entries.length + 1, size, balance, size % 3 === 0 ? 2n : 0n);
    balance = parseUsd(receipt.balanceAfter ?? '') ?? 0n;
    const { requestId, balanceAfter } = receipt;
    const line = {
      kind: 'usage' as const,
      amount: `-${receipt.cost}`,
      balanceAfter: balanceAfter ?? '',
      description: 'gpt-5.5',
    };
    append({ ...line, requestId, orderId: null, receiptHash: sha256(receiptText(receipt)) }, receipt);
  }
  return entries;
}

const check = (entries: readonly StatementEntry[], upTo = entries.length) =>
  checkReaches(checkStatement(nothingChecked, entries), upTo);
const statements = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 2, maxLength: 6 }).map(statement);

/** Another value of the same kind, as a tamperer would write it. */
function changed(value: unknown): unknown {
  if (value === null || value === undefined) return 'x';
  if (typeof value === 'number') return value + 1;
  if (typeof value !== 'string') return null;
  const amount = parseUsd(value);
  if (amount !== null) return usdText(nanoUsd(amount + 1n));
  return value === 'usage' ? 'refund' : value === 'provider' ? 'estimated' : `${value}x`;
}

test('an unchanged statement is correct, in one go or in steps', () => {
  fc.assert(
    fc.property(statements, fc.nat(7), (entries, cut) => {
      const whole = check(entries);
      const end = entries.at(-1);
      expect(whole).toEqual({
        end: { sequence: entries.length, balance: parseUsd(end?.line.balanceAfter ?? ''), hash: end?.line.hash },
        provenLines: entries.length,
        receipts: entries.length - 1,
        firstFault: null,
      });
      expect(checkStatement(checkStatement(nothingChecked, entries.slice(0, cut)), entries.slice(cut))).toEqual(whole);
    }),
  );
});

test('any change of any member of any line is found and named', () => {
  fc.assert(
    fc.property(statements, fc.nat(), fc.nat(), (entries, which, member) => {
      const entry = entries[which % entries.length];
      if (!entry) return;
      const names = Object.keys(entry.line) as (keyof LedgerLine)[];
      const name = names[member % names.length] ?? 'at';
      const line = { ...entry.line, [name]: changed(entry.line[name]) };
      const { firstFault } = check(
        entries.map((stored) => (stored === entry ? { ...entry, line, sequence: line.sequence } : stored)),
      );
      expect(firstFault?.sequence, name).toBe(entry.sequence);
    }),
    { numRuns: 500 },
  );
});

test('any change of any member of a receipt that its hash covers is found and named', () => {
  const covered = (Object.keys(receiptFor(1, 1, 0n, 0n)) as (keyof Receipt)[]).filter(
    (name) => name !== 'object' && name !== 'status',
  );
  fc.assert(
    fc.property(
      statements,
      fc.nat(),
      fc.constantFrom(...covered, 'usage.cacheRead', 'unitPrices.outputText'),
      (entries, which, name) => {
        const entry = entries[1 + (which % (entries.length - 1))];
        if (!entry?.receipt) return;
        const receipt = structuredClone<Record<string, unknown>>(entry.receipt);
        const [outer = '', inner] = name.split('.');
        const parent = inner === undefined ? receipt : (receipt[outer] as Record<string, unknown>);
        parent[inner ?? outer] = changed(parent[inner ?? outer]);
        const { firstFault } = check(
          entries.map((stored) => (stored === entry ? { ...stored, receipt: receipt as Receipt } : stored)),
        );
        expect(firstFault, name).toMatchObject({
          sequence: entry.sequence,
          rule: 'receipt',
          requestId: entry.line.requestId,
        });
      },
    ),
    { numRuns: 500 },
  );
});

test('any line that is missing, also at the end, and any two that changed places are found and named', () => {
  fc.assert(
    fc.property(statements, fc.nat(), fc.nat(), (entries, one, other) => {
      const [first = 0, second = 0] = [one % entries.length, other % entries.length].toSorted((a, b) => a - b);
      const without = entries.filter((_, index) => index !== first);
      expect(check(without, entries.length).firstFault).toMatchObject({ sequence: first + 1, rule: 'gap' });
      if (first === second) return;
      const [a, b] = [entries[first], entries[second]];
      if (!a || !b) return;
      expect(check(entries.with(first, b).with(second, a)).firstFault?.sequence).toBe(first + 1);
      const renumbered = (entry: FullEntry, sequence: number) => ({
        ...entry,
        sequence,
        line: { ...entry.line, sequence },
      });
      const swapped = entries.with(first, renumbered(b, first + 1)).with(second, renumbered(a, second + 1));
      expect(check(swapped).firstFault?.sequence).toBe(first + 1);
    }),
  );
});

test('a hash that was taken away is found at that line, or at the next when nothing comes before it', () => {
  const entries = statement([10, 20, 30]);
  const without = (index: number) =>
    entries.map((entry, at) => (at === index ? { ...entry, line: { ...entry.line, hash: null } } : entry));
  expect(check(without(2)).firstFault).toMatchObject({ sequence: 3, rule: 'hash' });
  expect(check(without(3)).firstFault).toMatchObject({ sequence: 4, rule: 'hash' });
  expect(check(without(0)).firstFault).toMatchObject({ sequence: 2, rule: 'hash' });
});

test('what an older service wrote without hashes is added up, and is no fault', () => {
  const old = statement([10, 20]).map((entry) => ({
    ...entry,
    line: { ...entry.line, hash: null, receiptHash: null },
  }));
  expect(check(old)).toMatchObject({ end: { sequence: 3 }, provenLines: 0, receipts: 0, firstFault: null });
  const cheated = old.map((entry) =>
    entry.sequence === 2 ? { ...entry, line: { ...entry.line, amount: '-1.00' } } : entry,
  );
  expect(check(cheated).firstFault).toMatchObject({ sequence: 2, rule: 'balance' });
});

test('a service that signs what is wrong is found by what its receipts add up to', () => {
  const [grant, honest] = statement([1_000]);
  if (!grant || !honest?.receipt) throw new Error('the statement is too short');
  const signed = (receipt: Receipt): StatementEntry => {
    const line = { ...honest.line, receiptHash: sha256(receiptText(receipt)) };
    return { ...honest, line: { ...line, hash: sha256(lineText(grant.line.hash ?? '', line)) }, receipt };
  };
  const usage = makeUsage({ freshInput: 5, outputText: 7 });
  expect(check([grant, signed({ ...honest.receipt, usage })]).firstFault).toMatchObject({ sequence: 2, rule: 'price' });
  const unitPrices = { ...prices, freshInput: '-2.50' };
  expect(check([grant, signed({ ...honest.receipt, unitPrices })]).firstFault).toMatchObject({
    sequence: 2,
    rule: 'price',
  });
  expect(check([grant, signed({ ...honest.receipt, balanceAfter: '25.00' })]).firstFault).toMatchObject({
    sequence: 2,
    rule: 'receipt',
  });
});

test('rows and receipts that cannot be read are faults, not failures', () => {
  const [grant, line] = statement([10]);
  if (!grant || !line) throw new Error('the statement is too short');
  expect(check([grant, { ...line, line: null }]).firstFault).toMatchObject({ sequence: 2, rule: 'unreadable' });
  expect(check([grant, { ...line, receipt: 'unreadable' }]).firstFault).toMatchObject({ sequence: 2, rule: 'receipt' });
});
