import { expect, test } from 'vitest';
import { cheapestFirst } from '#core/routing/cheapest-first.ts';
import { expandModel, type ExpandFacts } from '#core/routing/expand-model.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import { withinFirstPrice } from '#core/routing/price-ceiling.ts';
import { type ModelPrice, modelPriceSchema } from '#shared/domain/model-price.ts';
import type { Lane } from '#shared/account/request.ts';
import { noRouting, type RoutingRule } from '#shared/domain/routing.ts';

const anything = { hasTools: null, minInputTokens: null, maxInputTokens: null, hours: null };
const facts: ExpandFacts = { model: 'gpt-5', hasTools: false, inputTokens: 100, hour: 12, keyRoute: 'auto' };
const goesTo = (rule: Partial<RoutingRule>, more: Partial<ExpandFacts> = {}) =>
  expandModel({ plans: [], rules: [{ model: '*', use: 'other', ...anything, ...rule }] }, { ...facts, ...more })
    .candidates[0]?.model;

test.each<[string, string, boolean]>([
  ['gpt-5', 'gpt-5', true],
  ['gpt-5', 'gpt-5.1', false],
  ['gpt-*', 'gpt-', true],
  ['*-mini', 'gpt-5-mini', true],
  ['a*b*c', 'a--b--c', true],
  ['a*b', 'ab', true],
  ['ab*ba', 'aba', false],
  ['*', '', true],
])('%s matches %s: %s', (pattern, model, expected) => {
  expect(matchesPattern(pattern, model)).toBe(expected);
});

test('rules match name, tools, size and hour', () => {
  expect(goesTo({})).toBe('other');
  expect(goesTo({ model: 'claude-*' })).toBe('gpt-5');
  expect(goesTo({ hasTools: true })).toBe('gpt-5');
  expect(goesTo({ hasTools: true }, { hasTools: true })).toBe('other');
  expect(goesTo({ minInputTokens: 101 })).toBe('gpt-5');
  expect(goesTo({ maxInputTokens: 100 })).toBe('other');
  expect(goesTo({ hours: { from: 22, to: 6 } })).toBe('gpt-5');
  expect(goesTo({ hours: { from: 22, to: 6 } }, { hour: 23 })).toBe('other');
  expect(goesTo({ hours: { from: 22, to: 6 } }, { hour: 6 })).toBe('gpt-5');
});

test('a plan spelled out as a name', () => {
  const named = (model: string) => expandModel(noRouting, { ...facts, model });
  expect(named('corvus/judge:a,b,c')).toMatchObject({
    plan: { mode: 'judge' },
    candidates: [{ model: 'a' }, { model: 'b' }],
    arbiter: { model: 'c' },
  });
  expect(named('corvus/mesh:a, b')).toMatchObject({
    plan: { mode: 'mesh' },
    candidates: [{ model: 'a' }, { model: 'b' }],
    arbiter: null,
  });
  expect(named('corvus/echo')).toEqual({
    plan: null,
    candidates: [{ model: 'corvus/echo', route: 'auto' }],
    arbiter: null,
  });
  expect(named('corvus/judge:a').plan).toBeNull();
});

test('a bound key excludes candidates outside its route', () => {
  const candidates = ['prepaid', 'auto', 'provider:x'].map((route) => ({ model: route, route }));
  const plan = {
    name: 'p',
    mode: 'mesh',
    candidates,
    arbiter: null,
    priceCeiling: 'any',
    onBillingError: 'on',
  } as const;
  const found = expandModel(
    { plans: [{ ...plan, candidates }], rules: [] },
    { ...facts, model: 'p', keyRoute: 'prepaid' },
  );
  expect(found.candidates).toEqual([
    { model: 'prepaid', route: 'prepaid' },
    { model: 'auto', route: 'prepaid' },
  ]);
});

const price = (input: string, output: string, more: Partial<ModelPrice> = {}) =>
  modelPriceSchema.parse({
    slug: 'm',
    name: 'm',
    family: 'openai',
    provider: 'openai',
    mode: 'chat',
    dialects: ['openai-chat'],
    prices: { input, output },
    prepaid: true,
    ...more,
  });
const candidate = (name: string, known: ModelPrice | null, lane: Lane = 'byok') => ({
  name,
  price: known,
  lane,
});

test('under the ceiling no candidate costs more than the first, for input or output', () => {
  const first = candidate('first', price('2', '8'));
  const others = [
    candidate('same', price('2', '8')),
    candidate('dear to read', price('3', '1')),
    candidate('dear to write', price('1', '9')),
    candidate('unknown', null),
    candidate('local', null, 'local'),
  ];
  expect(withinFirstPrice([first, ...others]).map(({ name }) => name)).toEqual(['first', 'same', 'local']);
});

test('the cheapest candidate with room comes first, one without a price last', () => {
  const candidates = [
    candidate('unknown', null),
    candidate('dear', price('3', '15')),
    candidate('cheap', price('1', '2')),
    candidate('cheapest, but too small', price('0.1', '0.2', { contextTokens: 1_000 })),
    candidate('local', null, 'local'),
  ];
  const names = cheapestFirst(candidates, { inputTokens: 5_000, maxOutputTokens: null }).map(({ name }) => name);
  expect(names).toEqual(['local', 'cheap', 'dear', 'unknown']);
});

test('where whole credits are charged, a short call is not cheaper than at the price of its tokens elsewhere', () => {
  const candidates = [
    { ...candidate('in credits', price('0.1', '0.2'), 'prepaid'), inCredits: true },
    candidate('own key', price('0.5', '1')),
  ];
  const orderOf = (inputTokens: number): string[] =>
    cheapestFirst(candidates, { inputTokens, maxOutputTokens: 10 }).map(({ name }) => name);
  expect(orderOf(5_000)).toEqual(['own key', 'in credits']);
  expect(orderOf(100_000)).toEqual(['in credits', 'own key']);
});
