import type { ConversationDialect, Dialect } from '#shared/domain/dialect.ts';
import type { LocalKeyRoute } from '#shared/domain/local-key.ts';
import { CorvusError } from '#shared/errors.ts';
import { speaks } from '#shared/domain/provider.ts';
import type { Lane } from '#shared/domain/request.ts';
import type { ProviderId } from '#shared/ids.ts';
import { nearSlugs } from './near-slugs.ts';

/** A provider as routing sees it. */
export interface RouteProvider {
  id: ProviderId;
  dialects: readonly ConversationDialect[];
  isLocal: boolean;
  /** null: it was never listed, so it may serve anything. */
  models: readonly string[] | null;
}

/** The prepaid account as routing sees it. */
export interface RouteAccount {
  /** Slugs and the dialects each is sold in; null: not known, so it may sell anything. */
  models: ReadonlyMap<string, readonly Dialect[]> | null;
  /** The slug of the list that a caller's spelling means (a dated or prefixed one); null when there is none. */
  resolve(model: string): string | null;
}

export interface RouteFacts {
  model: string;
  dialect: Dialect;
  route: LocalKeyRoute;
  /** Oldest first. */
  providers: readonly RouteProvider[];
  /** null: no account is connected. */
  account: RouteAccount | null;
}

export type Route = { lane: 'prepaid'; providerId: null } | { lane: Exclude<Lane, 'prepaid'>; providerId: ProviderId };

const prepaid: Route = { lane: 'prepaid', providerId: null };

/** Where a request goes. A pure decision over facts; returns the refusal when nothing here can serve it. */
export function chooseRoute(facts: RouteFacts): Route | CorvusError {
  if (facts.route === 'prepaid') return choosePrepaid(facts);
  if (facts.route !== 'auto') return chooseProvider(facts, facts.route.slice('provider:'.length));
  return chooseFreely(facts);
}

/** Who is known to serve it comes before who might; what the user set up himself comes before the account. */
function chooseFreely(facts: RouteFacts): Route | CorvusError {
  const { model, dialect, providers, account } = facts;
  const speaking = providers.filter((provider) => speaks(provider, dialect));
  const listed = speaking.find(({ models }) => models?.includes(model));
  if (listed) return routeTo(listed);
  if (account && soldIn(account, model)?.some((sold) => isSame(sold, dialect))) return prepaid;
  const unlisted = speaking.find(({ models }) => models === null);
  if (unlisted) return routeTo(unlisted);
  const otherwise = wrongDialect(facts);
  if (otherwise) return otherwise;
  const [only, ...others] = speaking;
  if (only && others.length === 0) return routeTo(only);
  if (account && account.models === null) return prepaid;
  return account || providers.length > 0 ? unknownModel(facts) : new CorvusError('no_lane');
}

function choosePrepaid(facts: RouteFacts): Route | CorvusError {
  const { account, model, dialect } = facts;
  if (!account)
    return new CorvusError('no_lane', 'This local key is bound to the prepaid account, and none is connected. Connect one under Settings.');
  const sold = soldIn(account, model);
  if (account.models === null || sold?.some((candidate) => isSame(candidate, dialect))) return prepaid;
  return wrongDialect({ ...facts, providers: [] }) ?? unknownModel({ ...facts, providers: [] });
}

function chooseProvider({ providers, dialect }: RouteFacts, id: string): Route | CorvusError {
  const provider = providers.find((candidate) => candidate.id === id);
  if (!provider)
    return new CorvusError(
      'no_lane',
      `This local key is bound to the provider "${id}", which does not exist any more. Make another key, or add the provider again.`,
    );
  if (speaks(provider, dialect)) return routeTo(provider);
  return new CorvusError(
    'dialect_not_supported',
    `The provider "${id}" does not speak the dialect of ${dialectEndpoint(dialect)}. Call ${endpointsOf(provider)}.`,
  );
}

function routeTo({ id, isLocal }: RouteProvider): Route {
  return { lane: isLocal ? 'local' : 'byok', providerId: id };
}

/** Counting tokens is part of the messages dialect; lists do not name it by itself. */
function isSame(sold: Dialect, asked: Dialect): boolean {
  return sold === asked || (asked === 'anthropic-count-tokens' && sold === 'anthropic-messages');
}

function soldIn(account: RouteAccount, model: string): readonly Dialect[] | undefined {
  const slug = account.resolve(model);
  return slug === null ? undefined : account.models?.get(slug);
}

/** The refusal for a model that is known here, but not at this endpoint. */
function wrongDialect({ model, dialect, providers, account }: RouteFacts): CorvusError | null {
  const sold = account ? soldIn(account, model) : undefined;
  const provider = providers.find((candidate) => !speaks(candidate, dialect) && candidate.models?.includes(model));
  const right = sold?.map(dialectEndpoint).join(' or ') ?? (provider && endpointsOf(provider));
  if (right === undefined || right === '') return null;
  return new CorvusError('dialect_not_supported', `The model "${model}" is reachable at ${right}, not at ${dialectEndpoint(dialect)}.`, {
    param: 'model',
  });
}

function unknownModel({ model, providers, account }: RouteFacts): CorvusError {
  const known = [...(account?.models?.keys() ?? []), ...providers.flatMap(({ models }) => models ?? [])];
  const near = nearSlugs(model, known).map((slug) => `"${slug}"`);
  const hint = near.length > 0 ? `Did you mean ${near.join(', ').replace(/, ([^,]*)$/, ' or $1')}?` : 'GET /v1/models lists what there is.';
  return new CorvusError('model_not_found', `There is no model "${model.slice(0, 200)}" here. ${hint}`, { param: 'model' });
}

function dialectEndpoint(dialect: Dialect): string {
  const endpoints: Readonly<Record<Dialect, string>> = {
    'openai-chat': '/v1/chat/completions',
    'openai-completions': '/v1/completions',
    'openai-embeddings': '/v1/embeddings',
    'openai-responses': '/v1/responses',
    'anthropic-messages': '/v1/messages',
    'anthropic-count-tokens': '/v1/messages/count_tokens',
  };
  return endpoints[dialect];
}

function endpointsOf({ dialects }: RouteProvider): string {
  return dialects.map(dialectEndpoint).join(' or ');
}
