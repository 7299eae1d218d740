import { expect, test } from 'vitest';
import {
  chooseRoute,
  type RouteAccount,
  type RouteFacts,
  type RouteProvider,
  nearSlugs,
} from '#core/routing/choose-route.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import { createPriceBook, parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { providerIdSchema } from '#shared/ids.ts';

const provider = (id: string, parts: Partial<RouteProvider> = {}): RouteProvider => ({
  id: providerIdSchema.parse(id),
  dialects: ['openai-chat', 'openai-embeddings'],
  isLocal: false,
  models: null,
  ...parts,
});
const account = (models: Record<string, Dialect[]> | null): RouteAccount => {
  const map = models && new Map(Object.entries(models));
  return {
    models: map,
    resolve: (model) => (map?.has(model) ? model : null),
    usualDialects: (model) => (model === 'claude-new' ? ['anthropic-messages'] : null),
    inCredits: false,
    prices: createPriceBook(parseCatalogue(catalogue)),
  };
};

function choose(facts: Partial<RouteFacts>): string {
  const route = chooseRoute({
    model: 'gpt-5.5',
    dialect: 'openai-chat',
    route: 'auto',
    providers: [],
    account: null,
    ...facts,
  });
  if (route instanceof CorvusError) return route.code;
  const spoken = route.dialect === (facts.dialect ?? 'openai-chat') ? '' : ` in ${route.dialect}`;
  return `${route.lane}:${route.providerId ?? 'account'}${spoken}`;
}

const sells = account({ 'gpt-5.5': ['openai-chat'], 'claude-opus-4-5': ['anthropic-messages'] });
const lists = (...models: string[]) => ({ models });

test.each<[string, Partial<RouteFacts>, string]>([
  ['nothing is set up', {}, 'no_lane'],
  ['the account sells it', { account: sells }, 'prepaid:account'],
  [
    'a provider that lists it comes before the account',
    { account: sells, providers: [provider('a', lists('gpt-5.5'))] },
    'byok:a',
  ],
  [
    'the oldest provider that lists it',
    { providers: [provider('a', lists('x')), provider('b', lists('gpt-5.5')), provider('c', lists('gpt-5.5'))] },
    'byok:b',
  ],
  ['a local one is the local lane', { providers: [provider('l', { isLocal: true, ...lists('gpt-5.5') })] }, 'local:l'],
  [
    'the account that sells it comes before a provider that might',
    { account: sells, providers: [provider('a')] },
    'prepaid:account',
  ],
  [
    'a provider that might comes before an account that does not',
    { model: 'new', account: sells, providers: [provider('a')] },
    'byok:a',
  ],
  [
    'the only provider may have newer models than its list',
    { model: 'new', providers: [provider('a', lists('x'))] },
    'byok:a',
  ],
  [
    'two providers that both do not list it',
    { model: 'new', providers: [provider('a', lists('x')), provider('b', lists('y'))] },
    'model_not_found',
  ],
  ['an account whose list is not known', { model: 'new', account: account(null) }, 'prepaid:account'],
  [
    'an account whose list is not known, in the dialect the model is usually sold in',
    { model: 'claude-new', account: account(null) },
    'prepaid:account in anthropic-messages',
  ],
  ['an account that does not sell it', { model: 'new', account: sells }, 'model_not_found'],
  ['sold in another dialect', { model: 'claude-opus-4-5', account: sells }, 'prepaid:account in anthropic-messages'],
  [
    'sold, but not for this',
    { model: 'claude-opus-4-5', dialect: 'openai-embeddings', account: sells },
    'dialect_not_supported',
  ],
  [
    'who speaks the dialect comes before who must be translated for',
    {
      providers: [
        provider('a', { dialects: ['anthropic-messages'], ...lists('gpt-5.5') }),
        provider('b', lists('gpt-5.5')),
      ],
    },
    'byok:b',
  ],
  [
    'counting without a provider that counts',
    { dialect: 'anthropic-count-tokens', providers: [provider('a', lists('gpt-5.5'))] },
    'byok:a in openai-chat',
  ],
  [
    'listed by a provider of the other family',
    { model: 'claude-x', providers: [provider('a', { dialects: ['anthropic-messages'], ...lists('claude-x') })] },
    'byok:a in anthropic-messages',
  ],
  [
    'counting tokens needs the messages dialect only',
    { model: 'claude-opus-4-5', dialect: 'anthropic-count-tokens', account: sells },
    'prepaid:account',
  ],
  [
    'a key bound to the account ignores providers',
    { route: 'prepaid', account: sells, providers: [provider('a', lists('gpt-5.5'))] },
    'prepaid:account',
  ],
  ['a key bound to an account that is not there', { route: 'prepaid', providers: [provider('a')] }, 'no_lane'],
  [
    'a key bound to the account, model unknown to it',
    { route: 'prepaid', model: 'new', account: sells, providers: [provider('a')] },
    'model_not_found',
  ],
  [
    'a key bound to a provider',
    { route: 'provider:b', account: sells, providers: [provider('a'), provider('b', lists('x'))] },
    'byok:b',
  ],
  [
    'a key bound to a provider that is gone',
    { route: 'provider:z', account: sells, providers: [provider('a')] },
    'no_lane',
  ],
  [
    'a key bound to a provider of the other family',
    { route: 'provider:a', dialect: 'anthropic-messages', providers: [provider('a')] },
    'byok:a in openai-chat',
  ],
])('%s', (_name, facts, expected) => {
  expect(choose(facts)).toBe(expected);
});

test('refusals say what to do instead', () => {
  const base = { route: 'auto', providers: [], account: sells } as const;
  expect(chooseRoute({ ...base, model: 'claude-opus-4-5', dialect: 'openai-embeddings' })).toMatchObject({
    message: 'The model "claude-opus-4-5" is reachable at /v1/messages, not at /v1/embeddings.',
  });
  expect(chooseRoute({ ...base, model: 'gpt-55', dialect: 'openai-chat' })).toMatchObject({
    message: 'There is no model "gpt-55" here. Did you mean "gpt-5.5"?',
  });
});

test('a pass-through call is refused with a sentence of its own', () => {
  const facts = {
    route: 'auto',
    providers: [],
    account: sells,
    model: 'files',
    dialect: 'openai-passthrough',
  } as const;
  expect(chooseRoute(facts)).toMatchObject({
    code: 'model_not_found',
    message: expect.stringContaining('bound to the provider'),
  });
});

test('suggested slugs are few and similar', () => {
  const known = ['gpt-5.5', 'gpt-5.5-mini', 'gpt-5', 'claude-opus-4-5', 'o3'];
  expect(nearSlugs('openai/gpt-5.5', known)).toEqual(['gpt-5', 'gpt-5.5']);
  expect(nearSlugs('gpt5.5', known)[0]).toBe('gpt-5.5');
  expect(nearSlugs('zzzzzzzzzzzz', known)).toEqual([]);
  expect(nearSlugs('x'.repeat(300), known)).toEqual([]);
});
