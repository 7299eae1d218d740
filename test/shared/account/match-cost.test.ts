import fc from 'fast-check';
import { expect, test } from 'vitest';
import { costOf, type CostFacts, matchCosts, withoutSettlement } from '#shared/account/match-cost.ts';
import { chargeFor, type RequestBilling } from '#shared/account/request-billing.ts';
import { laneSchema, requestStatusSchema } from '#shared/account/request.ts';
import { nanoUsd, usdText } from '#shared/money.ts';

const facts: CostFacts = { status: 'completed', lane: 'prepaid', provider: 'account', cost: nanoUsd(1_500_000_000n), isSettled: false };
const anyFacts: fc.Arbitrary<CostFacts> = fc.record({
  status: fc.constantFrom(...requestStatusSchema.options),
  lane: fc.option(fc.constantFrom(...laneSchema.options)),
  provider: fc.option(fc.constantFrom('account', 'openai')),
  cost: fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n }).map(nanoUsd)),
  isSettled: fc.boolean(),
});

test.each<[string, Partial<CostFacts>, ReturnType<typeof costOf>]>([
  ['the account has settled it', { isSettled: true }, { cost: '1.50', costKind: 'settled' }],
  ['the account has settled it before it ended', { isSettled: true, status: 'open' }, { cost: '1.50', costKind: 'settled' }],
  ['a prepaid one is under way', { status: 'open' }, { cost: null, costKind: 'pending' }],
  ['a local one is under way', { status: 'open', lane: 'local' }, { cost: null, costKind: 'free' }],
  ['a prepaid one has ended', {}, { cost: '1.50', costKind: 'pending' }],
  ['a prepaid one has ended without usage', { cost: null }, { cost: null, costKind: 'pending' }],
  ['a prepaid one consumed nothing', { cost: nanoUsd(0n) }, { cost: '0.00', costKind: 'free' }],
  ['the user’s own key paid', { lane: 'byok', provider: 'openai' }, { cost: '1.50', costKind: 'estimate' }],
  ['the user’s own key paid an unknown price', { lane: 'byok', provider: 'openai', cost: null }, { cost: null, costKind: 'unknown' }],
  ['this machine answered', { lane: 'local', provider: 'ollama' }, { cost: '0.00', costKind: 'free' }],
  ['its parts were paid', { lane: null }, { cost: null, costKind: 'parts' }],
  ['nothing was sent', { lane: null, provider: null, status: 'refused', cost: null }, { cost: '0.00', costKind: 'free' }],
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

test('three costs agree only if settlement and ledger are what the plan charges for what was metered', () => {
  const amount = fc.bigInt({ min: 1n, max: 10n ** 10n }).map(nanoUsd);
  fc.assert(
    fc.property(fc.constantFrom(...billings), amount, amount, (billing, metered, other) => {
      const settled = chargeFor(billing, metered);
      expect(matchCosts({ metered, settled, ledger: settled, billing })).toBe('agrees');
      const wrong = nanoUsd(settled + other);
      expect(matchCosts({ metered, settled, ledger: wrong, billing })).toBe('differs');
      expect(matchCosts({ metered, settled: wrong, ledger: settled, billing })).toBe('differs');
      expect(matchCosts({ metered, settled: wrong, ledger: wrong, billing })).toBe('differs');
      for (const missing of ['metered', 'settled', 'ledger'] as const)
        expect(matchCosts({ metered, settled, ledger: settled, billing, [missing]: null })).toBeNull();
    }),
  );
});

test('a request that was released agrees only if nothing was metered, whatever its plan’s minimum', () => {
  const none = nanoUsd(0n);
  for (const billing of billings) {
    expect(matchCosts({ metered: none, settled: none, ledger: none, billing })).toBe('agrees');
    expect(matchCosts({ metered: nanoUsd(1n), settled: none, ledger: none, billing })).toBe('differs');
  }
});
