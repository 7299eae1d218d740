import type { Call } from '#proxy/call.ts';
import type { RequestId } from '#shared/ids.ts';
import { type Ceiling, ceilingOf } from '../envelopes/ceiling.ts';
import type { Grant } from '../envelopes/grant.ts';
import type { Spending, SpendRequest } from '../envelopes/spending.ts';
import type { Entry, KeyLimits } from '../keys/key-limits.ts';
import type { LocalKeyCaller } from '../keys/local-key-ring.ts';
import { type Attribution, attributionOf } from '../requests/attribution.ts';
import { holdsText } from '../store/tables/envelopes-table.ts';
import type { BegunRequest, SwitchedRequest } from '../store/requests/request-records.ts';
import type { RequestStore } from '../store/store.ts';
import type { PromptCaches, SeenPrompt } from '../usage/prompt-caches.ts';
import type { Destination, RoutePlan } from './destination.ts';
import { shortageHere } from './park-call.ts';
import type { ShortCall, Switched } from './short-call.ts';

/**
 * An admitted call: where it may go, the money that is reserved for it here, and its room below the limits of its key.
 */
export interface Begun extends Reserved {
  routePlan: RoutePlan;
  /** What its money was reserved with. */
  request: SpendRequest<Destination>;
  entry: Entry;
  /** Its prompt, once it was looked at; null: there is nothing to compare it with. */
  prompt: Promise<SeenPrompt | null> | null;
}

/** null: it goes where it should. */
interface Reserved {
  grant: Grant<Destination>;
  switched: Switched | null;
}

export interface BeginDeps {
  limits: KeyLimits;
  /** Chooses lanes and targets. Throws a `CorvusError` when nothing here can serve the call. */
  planRoute(call: Call, caller: LocalKeyCaller): Promise<RoutePlan>;
  spending: Pick<Spending, 'reserve'>;
  requests: Pick<RequestStore, 'begin' | 'switched'>;
  promptCaches: PromptCaches;
}

/** What precedes the first byte that is sent: a route, the money, the row. */
export function createBeginnings({ limits, planRoute, spending, requests, promptCaches }: BeginDeps) {
  /** Of requests that are in flight, for their parts. */
  const ceilings = new Map<RequestId, Ceiling>();

  /**
   * Reserves the money and records the request, before anything is sent: a crash from here on leaves a row that shows
   * both.
   */
  async function reserve(
    request: SpendRequest<Destination>,
    from: Destination | null,
    short: ShortCall | null,
  ): Promise<Reserved> {
    for (;;) {
      try {
        return { grant: await spending.reserve(request), switched: null };
      } catch (error) {
        const shortage = shortageHere(error);
        const way = short && shortage ? await short.wayOut({ request, from, shortage, held: null }) : 'refuse';
        if (way === 'refuse') throw error;
        if (way !== 'again') return way;
      }
    }
  }

  async function begin(
    call: Call,
    caller: LocalKeyCaller,
    found: BeginPlan,
    { clientGone, short }: MoneyWays,
  ): Promise<Reserved & { request: SpendRequest<Destination>; attribution: Attribution }> {
    const { places, staysAtFirst, plan, parent } = found;
    const attribution = attributionOf(parent ?? call, caller.label);
    const payer = { ...attribution, keyId: caller.id, model: call.facts.model };
    const ceiling = (parent && ceilings.get(parent.requestId)) ?? ceilingOf(call, caller.limits);
    if (ceiling && places[0].lane === null) ceilings.set(call.requestId, ceiling);
    const request = { call, payer, places, staysAtFirst, ceiling, clientGone };
    const { grant, switched } = await reserve(request, plan === null ? places[0] : null, short);
    const first = grant.places[0]?.place ?? places[0];
    const parentId = parent?.requestId ?? null;
    const envelopes = holdsText(grant.holds);
    requests.begin({ ...begunRow(call, caller, first), ...attribution, plan, parentId, envelopes });
    if (switched) requests.switched(switchedRow(call, first, grant.holds, switched));
    return { grant, switched, request, attribution };
  }

  async function enter(call: Call, caller: LocalKeyCaller, ways: MoneyWays): Promise<Begun> {
    const entry = limits.enter(call, caller);
    try {
      const routePlan = await planRoute(call, caller);
      const { first, others, staysOnBillingError, plan } = routePlan;
      const found = { places: [first, ...others] as const, staysAtFirst: staysOnBillingError, plan, parent: null };
      const { attribution, ...begun } = await begin(call, caller, found, ways);
      return { ...begun, entry, routePlan, prompt: promptCaches.see(call, caller.id, attribution) };
    } catch (error) {
      entry.leave(null);
      throw error;
    }
  }

  return { begin, enter, end: ({ requestId }: Call) => void ceilings.delete(requestId) };
}

/** What a call may do that has no money. */
interface MoneyWays {
  clientGone: AbortSignal;
  /** null: nothing but wait for money that others hold. */
  short: ShortCall | null;
}

/** What a row is begun with besides its call. */
interface BeginPlan {
  places: readonly [Destination, ...Destination[]];
  staysAtFirst: boolean;
  plan: string | null;
  /** The request that it is a part of. */
  parent: Call | null;
}

/** Where a begun call goes instead, for its row. */
export function switchedRow(
  { requestId: id }: Call,
  { lane, provider }: Destination,
  holds: Grant<Destination>['holds'],
  { from: switchedFrom, by: switchedBy }: Switched,
): SwitchedRequest {
  return { id, lane, provider, envelopes: holdsText(holds), switchedFrom, switchedBy };
}

function begunRow(
  call: Call,
  caller: LocalKeyCaller,
  { lane, provider, reason }: Destination,
): Omit<BegunRequest, keyof Attribution | 'plan' | 'parentId' | 'envelopes'> {
  return {
    id: call.requestId,
    createdAtMs: call.receivedAtMs,
    localKeyId: caller.id,
    localKeyLabel: caller.label,
    dialect: call.dialect,
    endpoint: call.endpoint,
    modelRequested: call.facts.model,
    lane,
    provider,
    routeReason: reason,
    isStream: call.facts.isStream,
    requestBytes: call.body.length,
    userAgent: call.headers['user-agent'] ?? null,
    hints: [...(call.hints ?? [])],
  };
}
