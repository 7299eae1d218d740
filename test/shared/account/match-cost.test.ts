import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ChargeFacts,
  costOf,
  type CostFacts,
  matchCharge,
  withoutSettlement,
} from '#shared/account/match-cost.ts';
import { chargeFor, type RequestBilling } from '#shared/account/request-billing.ts';
import { laneSchema, requestStatusSchema } from '#shared/account/request.ts';
import { type NanoUsd, nanoUsd, usdText } from '#shared/money.ts';

const facts: CostFacts = {
  status: 'completed',
  lane: 'prepaid',
  provider: 'account',
  cost: nanoUsd(1_500_000_000n),
  isSettled: false,
};
const anyFacts: fc.Arbitrary<CostFacts> = fc.record({
  status: fc.constantFrom(...requestStatusSchema.options),
  lane: fc.option(fc.constantFrom(...laneSchema.options)),
  provider: fc.option(fc.constantFrom('account', 'openai')),
  cost: fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n }).map(nanoUsd)),
  isSettled: fc.boolean(),
});

test.each<[string, Partial<CostFacts>, ReturnType<typeof costOf>]>([
  ['the account has settled it', { isSettled: true }, { cost: '1.50', costKind: 'settled' }],
  [
    'the account has settled it before it ended',
    { isSettled: true, status: 'open' },
    { cost: '1.50', costKind: 'settled' },
  ],
  ['a prepaid one is under way', { status: 'open' }, { cost: null, costKind: 'pending' }],
  ['a local one is under way', { status: 'open', lane: 'local' }, { cost: null, costKind: 'free' }],
  ['a prepaid one has ended', {}, { cost: '1.50', costKind: 'pending' }],
  ['a prepaid one has ended without usage', { cost: null }, { cost: null, costKind: 'pending' }],
  ['a prepaid one consumed nothing', { cost: nanoUsd(0n) }, { cost: '0.00', costKind: 'free' }],
  ['the user’s own key paid', { lane: 'byok', provider: 'openai' }, { cost: '1.50', costKind: 'estimate' }],
  [
    'the user’s own key paid an unknown price',
    { lane: 'byok', provider: 'openai', cost: null },
    { cost: null, costKind: 'unknown' },
  ],
  ['this machine answered', { lane: 'local', provider: 'ollama' }, { cost: '0.00', costKind: 'free' }],
  ['its parts were paid', { lane: null }, { cost: null, costKind: 'parts' }],
  [
    'nothing was sent',
    { lane: null, provider: null, status: 'refused', cost: null },
    { cost: '0.00', costKind: 'free' },
  ],
])('the cost of a request when %s', (_when, changed, expected) => {
  expect(costOf({ ...facts, ...changed })).toEqual(expected);
});

test('without settlements no ended request is pending, and no amount changes', () => {
  fc.assert(
    fc.property(anyFacts, (each) => {
      const row = { status: each.status, ...costOf(each) };
      const shown = withoutSettlement(row);
      expect(shown.cost).toBe(row.cost);
      if (row.costKind !== 'pending' || row.status === 'open') expect(shown).toBe(row);
      else expect(shown.costKind).toBe(each.cost === null ? 'unknown' : 'estimate');
    }),
  );
});

const billings: readonly (RequestBilling | null)[] = [
  null,
  { plan: 'tokens', minimum: '0.001' },
  { plan: 'credits', mode: 'chat', reserved: usdText(nanoUsd(50_000_000n)) },
];

const amount = fc.bigInt({ min: 1n, max: 10n ** 10n }).map(nanoUsd);
const zero = nanoUsd(0n);

/** An answer whose usage the provider reported, charged as the plan says. */
function charged(metered: NanoUsd, billing: RequestBilling | null, change: Partial<ChargeFacts> = {}): ChargeFacts {
  const settled = chargeFor(billing, metered);
  const facts = {
    status: 'completed',
    usageSource: 'provider',
    metered,
    settled,
    ledger: settled,
    writtenOff: zero,
  } as const;
  return { ...facts, isRepeated: false, billing, ...change };
}

test('a charge agrees only if receipt and ledger are what the plan charges for what was metered', () => {
  fc.assert(
    fc.property(fc.constantFrom(...billings), amount, amount, (billing, metered, other) => {
      const { settled } = charged(metered, billing);
      const wrong = nanoUsd((settled ?? 0n) + other);
      expect(matchCharge(charged(metered, billing))).toBe('agrees');
      expect(matchCharge(charged(metered, billing, { ledger: wrong }))).toBe('moved-otherwise');
      expect(matchCharge(charged(metered, billing, { ledger: wrong, isRepeated: true }))).toBe('charged-twice');
      expect(matchCharge(charged(metered, billing, { settled: wrong, ledger: wrong }))).toBe('other-amount');
      expect(
        matchCharge(charged(metered, billing, { settled: wrong, ledger: wrong, usageSource: 'estimated' })),
      ).toBeNull();
      expect(matchCharge(charged(metered, billing, { settled: zero, ledger: null }))).toBe('not-charged');
      for (const status of ['refused', 'failed'] as const) {
        expect(matchCharge(charged(metered, billing, { status }))).toBe('charged-without-answer');
        expect(matchCharge(charged(zero, billing, { status, settled: zero, ledger: null }))).toBe('agrees');
      }
      for (const missing of ['metered', 'settled', 'ledger', 'writtenOff'] as const) {
        expect(matchCharge(charged(metered, billing, { [missing]: null }))).toBeNull();
      }
    }),
  );
});

test('before the receipt and the last line are here, nothing is said', () => {
  const credits: RequestBilling = { plan: 'credits', mode: 'chat', reserved: '0.01' };
  const early = { ledger: nanoUsd(10_000_000n), writtenOff: null };
  expect(matchCharge(charged(nanoUsd(25_000_000n), credits, early))).toBeNull();
  expect(matchCharge(charged(nanoUsd(25_000_000n), credits, { ...early, writtenOff: zero }))).toBeNull();
  expect(matchCharge(charged(nanoUsd(25_000_000n), credits))).toBe('agrees');
  expect(
    matchCharge(
      charged(nanoUsd(1_234n), null, { settled: nanoUsd(100_000n), ledger: nanoUsd(100_000n), writtenOff: null }),
    ),
  ).toBeNull();
});

test('what the account wrote off counts as charged, and an answer that cost nothing agrees whatever the plan’s minimum', () => {
  for (const billing of billings) {
    const { settled } = charged(nanoUsd(5_000_000n), billing);
    const part = nanoUsd((settled ?? 0n) - 1n);
    const writtenOff = { settled: part, ledger: part, writtenOff: nanoUsd(1n) };
    expect(matchCharge(charged(nanoUsd(5_000_000n), billing, writtenOff))).toBe('agrees');
    expect(matchCharge(charged(zero, billing, { settled: zero, ledger: null }))).toBe('agrees');
  }
});
