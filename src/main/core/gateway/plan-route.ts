import type { BuiltinTarget, Call, HttpTarget } from '#proxy/call.ts';
import type { ProxyChoice } from '#shared/domain/network.ts';
import { type ModePlan, modeTarget } from '#proxy/modes/mode-target.ts';
import type { AskModel } from '#proxy/modes/model-answer.ts';
import { inTier, type UpstreamCandidate } from '#proxy/upstream/order-candidates.ts';
import { firstByteTimeoutMs } from '#proxy/upstream/first-byte-timeout.ts';
import { sessionOf } from '#proxy/upstream/session-affinity.ts';
import type { UpstreamSelector } from '#proxy/upstream/upstream-selector.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import type { FirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';
import type { Routing } from '#shared/domain/routing.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { type NanoUsd, sumUsd, zeroUsd } from '#shared/money.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { priceAt } from '#shared/domain/model-price.ts';
import type { PlacePrices } from '../models/place-prices.ts';
import { asksSeveral } from '#shared/domain/named-plan.ts';
import { type PrepaidAccount, prepaidTarget } from './prepaid.ts';
import { healthKey } from '../providers/key-health.ts';
import type { ProviderCredential } from '../providers/providers-service.ts';
import { targetFor } from '../providers/target.ts';
import { chooseRoute, type Route, type RouteAccount, type RouteProvider } from '../routing/choose-route.ts';
import { cheapestFirst } from '../routing/cheapest-first.ts';
import { expandModel, type PlannedModel } from '../routing/expand-model.ts';
import { withinFirstPrice } from '../routing/price-ceiling.ts';
import type { ProviderRecord } from '../store/records.ts';
import { type Destination, type RoutePlan, laneHeaders } from './destination.ts';
import type { LocalKeyCaller } from '../keys/local-key-ring.ts';
import type { TurnMemory } from './turn-memory.ts';

export interface RoutePlanFacts {
  prices: PriceBook;
  placePrices: PlacePrices;
  routing(): Routing;
  selector: UpstreamSelector;
  turnMemory: TurnMemory;
  providers: {
    current(): readonly ProviderRecord[];
    forRouting(): readonly RouteProvider[];
    /** Its keys; none where it needs none. Throws `secret_unreadable`. */
    credentials(record: ProviderRecord): Promise<readonly ProviderCredential[]>;
    /** Throws `secret_unreadable`. */
    proxy(record: ProviderRecord): Promise<ProxyChoice>;
  };
  account: {
    access(): PrepaidAccount | null;
    forRouting(): RouteAccount | null;
    /** Why the account cannot be used although there is one. */
    obstacle(): CorvusError | null;
  };
  firstByteTimeouts(): FirstByteTimeouts;
  nowMs(): number;
  /** Asks one of several models, as a part of a call. */
  askModel(asking: PartCaller): AskModel<PlannedModel>;
}

/** Who asks several models for one request. */
export interface PartCaller {
  /** The request that the parts belong to. */
  call: Call;
  caller: LocalKeyCaller;
  signal: AbortSignal;
  /** Called with every part's cost once it is known, or known to be unknown. */
  onCost(cost: NanoUsd | null): void;
}

/** The account's service may wait for one of its own upstreams, and then for another. */
const prepaidWaits = 2;

/** Where a call goes now, and where next. Throws a `CorvusError` when nothing here can serve it. */
export async function planRoute(facts: RoutePlanFacts, call: Call, caller: LocalKeyCaller): Promise<RoutePlan> {
  const { model, hasTools, inputTokenEstimate } = call.facts;
  const asked = {
    model,
    hasTools,
    inputTokens: inputTokenEstimate,
    hour: new Date(facts.nowMs()).getHours(),
    keyRoute: caller.route,
  };
  const { plan, candidates, arbiter } = expandModel(facts.routing(), asked);
  if (plan && asksSeveral(plan.mode) && candidates.length > 0) {
    return modeRoutePlan(facts, call, caller, { name: plan.name, mode: plan.mode, candidates, arbiter });
  }
  const found: ServedModel[] = [];
  let refusal: CorvusError | null = null;
  for (const candidate of candidates) {
    try {
      found.push(await servedModel(facts, call, candidate));
    } catch (error) {
      refusal ??= toCorvusError(error);
    }
  }
  const size = { inputTokens: inputTokenEstimate, maxOutputTokens: call.facts.maxOutputTokens };
  const preferred = plan?.mode === 'auto' ? cheapestFirst(found, size) : found;
  const affordable = plan?.priceCeiling === 'same-or-cheaper' ? withinFirstPrice(preferred) : preferred;
  const [first, ...others] = destinationsOf(facts, call, affordable);
  if (!first) throw reasonOf(refusal, caller, facts.account.obstacle());
  return {
    first,
    others,
    plan: plan?.name ?? null,
    staysOnBillingError: plan !== null && plan.onBillingError !== 'on',
    asksAfterBillingError: plan?.onBillingError === 'ask' && others.length > 0,
  };
}

/** Several models answer together: Corvus itself answers the call, and theirs are requests of their own. */
function modeRoutePlan(
  facts: RoutePlanFacts,
  call: Call,
  caller: LocalKeyCaller,
  plan: ModePlan<PlannedModel>,
): RoutePlan {
  let cost: NanoUsd | null = zeroUsd;
  const onCost = (added: NanoUsd | null): void => {
    cost = cost === null || added === null ? null : sumUsd([cost, added]);
  };
  const target = modeTarget(plan, call.dialect, (asked, signal) =>
    facts.askModel({ call: asked, caller, signal, onCost }),
  );
  const first: Destination = {
    lane: null,
    provider: 'corvus',
    model: call.facts.model,
    target,
    reason: 'plan',
    price: null,
    catalogueVersion: facts.prices.version,
    partsCost: () => cost,
  };
  return { first, others: [], plan: plan.name, staysOnBillingError: false, asksAfterBillingError: false };
}

/** A model where it is served, with every upstream that can answer for it. */
interface ServedModel extends Omit<Destination, 'target'> {
  upstreams: readonly Upstream[];
}

/** An address with a credential. Only those of HTTP can fail. */
type Upstream =
  | { target: BuiltinTarget }
  | (Pick<UpstreamCandidate, 'key' | 'priority' | 'weight'> & { target: HttpTarget });

/** Where one model of a plan is asked now, and where next. Throws a `CorvusError` when nothing here can serve it. */
export async function planModel(
  facts: RoutePlanFacts,
  call: Call,
  model: PlannedModel,
): Promise<Pick<RoutePlan, 'first' | 'others'>> {
  const [first, ...others] = destinationsOf(facts, call, [await servedModel(facts, call, model)]);
  if (!first) throw new CorvusError('no_lane');
  return { first, others };
}

/** Every upstream of these models, in the order in which they are asked. */
function destinationsOf({ selector }: RoutePlanFacts, call: Call, models: readonly ServedModel[]): Destination[] {
  const candidates = models.flatMap(({ upstreams, ...served }, place) =>
    upstreams.map((upstream) =>
      inTier({ ...candidateOf(served, upstream), destination: { ...served, target: upstream.target } }, place),
    ),
  );
  const { ordered, breakerOf } = selector.select(candidates, sessionOf(call));
  return ordered.map((candidate) => {
    const { target } = candidate.destination;
    return target.kind === 'builtin'
      ? candidate.destination
      : { ...candidate.destination, target: { ...target, breaker: breakerOf(candidate) } };
  });
}

function candidateOf(
  { provider, model }: Pick<Destination, 'provider' | 'model'>,
  upstream: Upstream,
): UpstreamCandidate {
  const { key, priority, weight } =
    'key' in upstream ? upstream : { key: upstream.target.name, priority: 0, weight: 1 };
  const served = `${provider}\n${model}`;
  return { key, name: upstream.target.name, model: served, priority, weight };
}

/** Where one model is served. Throws a `CorvusError` when nothing here can. */
async function servedModel(
  facts: RoutePlanFacts,
  call: Call,
  { model, route: keyRoute }: PlannedModel,
): Promise<ServedModel> {
  const { providers, account } = facts;
  const known = { providers: providers.forRouting(), account: account.forRouting() };
  const route = chooseRoute({ model, dialect: call.dialect, needs: call.facts.needs ?? [], route: keyRoute, ...known });
  if (route instanceof CorvusError) throw route;
  const { lane, reason } = route;
  const provider = route.lane === 'prepaid' ? 'account' : route.providerId;
  const isEstimated = countsTokens(call.dialect) && route.dialect !== call.dialect;
  const upstreams = isEstimated ? [{ target: estimateTokens }] : await upstreamsOf(facts, call, model, route);
  // A model's price is the price of the place that serves it.
  const found = lane === 'prepaid' ? null : facts.placePrices.at(provider, model);
  const sold = lane === 'prepaid' ? (known.account?.prices ?? facts.prices) : null;
  const price = sold ? sold.find(model) : (found?.price ?? null);
  return {
    lane,
    reason,
    provider,
    model,
    upstreams,
    price: price && priceAt(price, lane === 'prepaid'),
    inCredits: lane === 'prepaid' && known.account?.inCredits === true,
    catalogueVersion: sold?.version ?? found?.origin.version ?? facts.prices.version,
  };
}

async function upstreamsOf(facts: RoutePlanFacts, call: Call, model: string, route: Route): Promise<Upstream[]> {
  const { account, providers, turnMemory } = facts;
  const common = model === call.facts.model ? {} : { model };
  const timeoutMs = (isLocal: boolean): number => firstByteTimeoutMs(facts.firstByteTimeouts(), model, isLocal);
  if (route.lane === 'prepaid') {
    const access = account.access();
    if (!access) throw new CorvusError('no_lane');
    const replyHeaders = laneHeaders({ lane: route.lane, provider: 'account' });
    const more = {
      ...common,
      firstByteTimeoutMs: prepaidWaits * timeoutMs(false),
      turnStates: turnMemory.of(`account ${access.baseUrl}`, model),
      replyHeaders,
    };
    return [
      {
        key: `account\n${model}`,
        priority: 0,
        weight: 1,
        target: { ...prepaidTarget(access, call, route.dialect, model), ...more },
      },
    ];
  }
  const provider = providers.current().find(({ id }) => id === route.providerId);
  if (!provider) throw new CorvusError('no_lane');
  const [credentials, proxy] = await Promise.all([providers.credentials(provider), providers.proxy(provider)]);
  const replyHeaders = laneHeaders({ lane: route.lane, provider: provider.id });
  const more = {
    ...common,
    firstByteTimeoutMs: timeoutMs(provider.isLocal),
    turnStates: turnMemory.of(`${provider.id} ${provider.baseUrl}`, model),
    replyHeaders,
    ...ownWay(proxy),
  };
  const targetWith = (secret: string | null) => ({
    ...targetFor(provider, secret, call, route.dialect, model),
    ...more,
  });
  if (credentials.length === 0)
    return [{ key: healthKey(provider.id, null, model), priority: 0, weight: 1, target: targetWith(null) }];
  return credentials.map((credential) => {
    const { name, priority, weight, secret } = credential;
    const target = targetWith(secret);
    // Attempts name the key only where there are several.
    const named = credentials.length === 1 ? target : { ...target, name: `${provider.id}/${name}` };
    return { key: healthKey(provider.id, credential, model), priority, weight, target: named };
  });
}

/** Where a provider says nothing of its own, the choice for everything holds. */
export function ownWay(proxy: ProxyChoice): { proxy?: ProxyChoice } {
  return proxy.use === 'environment' ? {} : { proxy };
}

function countsTokens(dialect: Dialect): boolean {
  return dialect === 'anthropic-count-tokens' || dialect === 'gemini-count-tokens';
}

/** If only an unusable account prevents the call, the refusal must say so. */
function reasonOf(refusal: CorvusError | null, { route }: LocalKeyCaller, obstacle: CorvusError | null): CorvusError {
  if (!refusal)
    return new CorvusError(
      'no_lane',
      'This local key is bound to a route that this plan does not use. Use another key or another model.',
    );
  const isAboutAccount = refusal.code === 'no_lane' && !route.startsWith('provider:');
  return isAboutAccount && obstacle ? obstacle : refusal;
}

/** Answers a token count for a model whose provider offers none: a cautious estimate, marked as one. */
const estimateTokens: BuiltinTarget = {
  kind: 'builtin',
  name: 'estimate',
  async answer(call) {
    const { inputTokenEstimate } = call.facts;
    const count =
      call.dialect === 'gemini-count-tokens'
        ? { totalTokens: inputTokenEstimate }
        : { input_tokens: inputTokenEstimate };
    const body = Buffer.from(JSON.stringify(count));
    return {
      status: 200,
      headers: { 'content-type': 'application/json', 'x-token-count': 'estimated' },
      body: once(body),
    };
  },
};

async function* once(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}
