import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { type Dialect, endpointPaths, type Need } from '#shared/domain/dialect.ts';
import type { LocalKeyRoute } from '#shared/domain/local-key.ts';
import type { Lane, RouteReason } from '#shared/account/request.ts';
import { CorvusError } from '#shared/errors.ts';
import type { ProviderId } from '#shared/ids.ts';
import { bestDialect } from '#shared/translate/translations.ts';

/** A provider as routing sees it. */
export interface RouteProvider {
  id: ProviderId;
  /** The dialects it can be called in. */
  dialects: readonly Dialect[];
  isLocal: boolean;
  /** null: it was never listed, so it may serve anything. */
  models: readonly string[] | null;
}

/** The prepaid account as routing sees it. */
export interface RouteAccount {
  /** Slugs and the dialects each is sold in; null: not known, so it may sell anything. */
  models: ReadonlyMap<string, readonly Dialect[]> | null;
  /** The listed slug that a caller's spelling means (a dated or prefixed one); null when there is none. */
  resolve(model: string): string | null;
  /** The dialects in which a model is usually sold, where no list has it; null for an unknown model. */
  usualDialects(model: string): readonly Dialect[] | null;
  /** What it charges by; the list that Corvus comes with while its own is not known. */
  prices: PriceBook;
  /** It charges whole credits. */
  inCredits: boolean;
}

export interface RouteFacts {
  model: string;
  dialect: Dialect;
  route: LocalKeyRoute;
  /** What not every dialect can carry. */
  needs?: readonly Need[];
  /** Oldest first. */
  providers: readonly RouteProvider[];
  /** null: no account is connected. */
  account: RouteAccount | null;
}

/** Where a request goes, in which dialect, and why. */
export type Route = (
  | { lane: 'prepaid'; providerId: null }
  | { lane: Exclude<Lane, 'prepaid'>; providerId: ProviderId }
) & {
  dialect: Dialect;
  reason: RouteReason;
};

/** Where a request goes. A pure decision over facts; returns the refusal when nothing here can serve it. */
export function chooseRoute(facts: RouteFacts): Route | CorvusError {
  if (facts.route === 'prepaid') return choosePrepaid(facts);
  if (facts.route !== 'auto') return chooseProvider(facts, facts.route.slice('provider:'.length));
  return chooseFreely(facts);
}

/**
 * Known servers of the model come before possible ones; those with the client's dialect before those that need a
 * translation; providers that the user set up before the account.
 */
function chooseFreely(facts: RouteFacts): Route | CorvusError {
  const { model, dialect, providers, account } = facts;
  const listing = reachable(facts, (provider) => provider.models?.includes(model) ?? false);
  const sold = account && soldRoute(account, facts, 'sold');
  const known = [...listing, ...(sold ? [sold] : [])];
  const best = known.find((route) => route.dialect === dialect) ?? known[0];
  if (best) return best;
  const unlisted = reachable(facts, ({ models }) => models === null);
  const spoken = unlisted.find((route) => route.dialect === dialect);
  if (spoken) return spoken;
  const otherwise = wrongDialect(facts);
  if (otherwise) return otherwise;
  const [only, ...others] = reachable(facts, () => true).filter((route) => route.dialect === dialect);
  if (only && others.length === 0) return only;
  if (account && account.models === null) return unlistedRoute(account, facts, 'may-serve');
  const [translated] = unlisted;
  if (translated) return translated;
  return account || providers.length > 0 ? unknownModel(facts) : new CorvusError('no_lane');
}

/** The providers of one kind that can serve the call at all, with or without the client's dialect. */
function reachable(
  { model, dialect, providers, needs }: RouteFacts,
  isMeant: (provider: RouteProvider) => boolean,
): Route[] {
  return providers.filter(isMeant).flatMap((provider) => {
    const spoken = bestDialect(dialect, provider.dialects, needs);
    return spoken ? [routeTo(provider, spoken, provider.models?.includes(model) ? 'listed' : 'may-serve')] : [];
  });
}

function choosePrepaid(facts: RouteFacts): Route | CorvusError {
  const { account } = facts;
  if (!account)
    return new CorvusError(
      'no_lane',
      'This local key is bound to the prepaid account, and none is connected. Connect one under Settings.',
    );
  if (account.models === null) return unlistedRoute(account, facts, 'bound');
  const sold = soldRoute(account, facts, 'bound');
  return sold ?? wrongDialect({ ...facts, providers: [] }) ?? unknownModel({ ...facts, providers: [] });
}

function chooseProvider({ providers, dialect, needs }: RouteFacts, id: string): Route | CorvusError {
  const provider = providers.find((candidate) => candidate.id === id);
  if (!provider)
    return new CorvusError(
      'no_lane',
      `This local key is bound to the provider "${id}", which no longer exists. Create another key, or add the provider again.`,
    );
  const spoken = bestDialect(dialect, provider.dialects, needs);
  if (spoken) return routeTo(provider, spoken, 'bound');
  return new CorvusError('dialect_not_supported', `The provider "${id}" cannot be reached at ${pathIn(dialect)}.`);
}

function routeTo({ id, isLocal }: RouteProvider, dialect: Dialect, reason: RouteReason): Route {
  return { lane: isLocal ? 'local' : 'byok', providerId: id, dialect, reason };
}

function prepaid(dialect: Dialect, reason: RouteReason): Route {
  return { lane: 'prepaid', providerId: null, dialect, reason };
}

function soldRoute(account: RouteAccount, { model, dialect, needs }: RouteFacts, reason: RouteReason): Route | null {
  const spoken = bestDialect(dialect, soldIn(account, model) ?? [], needs);
  return spoken ? prepaid(spoken, reason) : null;
}

/** In these every account sells something. */
const soldInGeneral: readonly Dialect[] = [
  'openai-chat',
  'openai-completions',
  'openai-embeddings',
  'openai-responses',
  'anthropic-messages',
  'anthropic-count-tokens',
];

/** To an account whose list has not come yet. */
function unlistedRoute(account: RouteAccount, { model, dialect, needs }: RouteFacts, reason: RouteReason): Route {
  const spoken =
    bestDialect(dialect, account.usualDialects(model) ?? [], needs) ?? bestDialect(dialect, soldInGeneral) ?? dialect;
  return prepaid(spoken, reason);
}

function soldIn(account: RouteAccount, model: string): readonly Dialect[] | undefined {
  const slug = account.resolve(model);
  return slug === null ? undefined : account.models?.get(slug);
}

/** The refusal for a known model that is available neither at this endpoint nor by translation. */
function wrongDialect({ model, dialect, providers, account }: RouteFacts): CorvusError | null {
  const sold = account ? soldIn(account, model) : undefined;
  const provider = providers.find(({ models }) => models?.includes(model));
  const spoken = sold ?? provider?.dialects;
  if (!spoken || spoken.length === 0 || bestDialect(dialect, spoken)) return null;
  const right = spoken.map(pathIn).join(' or ');
  return new CorvusError(
    'dialect_not_supported',
    `The model "${model}" is reachable at ${right}, not at ${pathIn(dialect)}.`,
    {
      param: 'model',
    },
  );
}

function unknownModel({ model, dialect, providers, account }: RouteFacts): CorvusError {
  if (dialect === 'openai-passthrough') {
    const advice = 'No provider here is known to support this. Use a local key that is bound to the provider you mean.';
    return new CorvusError('model_not_found', advice, { param: 'model' });
  }
  const known = [...(account?.models?.keys() ?? []), ...providers.flatMap(({ models }) => models ?? [])];
  const near = nearSlugs(model, known).map((slug) => `"${slug}"`);
  const hint =
    near.length > 0
      ? `Did you mean ${near.join(', ').replace(/, ([^,]*)$/, ' or $1')}?`
      : 'GET /v1/models lists what there is.';
  return new CorvusError('model_not_found', `There is no model "${model.slice(0, 200)}" here. ${hint}`, {
    param: 'model',
  });
}

function pathIn(dialect: Dialect): string {
  return dialect === 'openai-passthrough' ? 'this path' : endpointPaths[dialect];
}

const mostSuggestions = 3;

/** The slugs most similar to this one, nearest first: what the caller probably meant. */
export function nearSlugs(wanted: string, known: Iterable<string>): string[] {
  const target = wanted.toLowerCase();
  const farthest = Math.max(2, Math.floor(target.length / 3));
  return [...new Set(known)]
    .map((slug) => ({ slug, distance: distanceTo(target, slug.toLowerCase()) }))
    .filter(({ distance }) => distance <= farthest)
    .sort((a, b) => a.distance - b.distance || (a.slug < b.slug ? -1 : 1))
    .slice(0, mostSuggestions)
    .map(({ slug }) => slug);
}

/** A contained slug counts as one step away: `gpt-5.5` is nearly `openai/gpt-5.5`. */
function distanceTo(a: string, b: string): number {
  if (a.length > 2 && b.length > 2 && (a.includes(b) || b.includes(a))) return 1;
  return editDistance(a, b);
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
