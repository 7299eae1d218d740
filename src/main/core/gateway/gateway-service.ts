import type { Admission, Call, CallService, Outcome, RefusedCall, Settlement, Target } from '#proxy/call.ts';
import type { Lane, Refuser, RouteReason } from '#shared/account/request.ts';
import { CorvusError, type ErrorCode } from '#shared/errors.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import type { RequestId } from '#shared/ids.ts';
import { type NanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import { type Ceiling, ceilingOf } from '../envelopes/ceiling.ts';
import type { Place } from '../envelopes/size-call.ts';
import type { Grant, GrantedPlace } from '../envelopes/grant.ts';
import type { Spending, SpendRequest } from '../envelopes/spending.ts';
import { type Attribution, attributionOf } from '../requests/attribution.ts';
import { holdsText } from '../store/envelopes-table.ts';
import type { BegunRequest, RefusedRequest } from '../store/request-records.ts';
import type { RequestStore } from '../store/store.ts';
import type { Entry, KeyLimits } from '../keys/key-limits.ts';
import type { LocalKeyCaller, LocalKeyRing } from '../keys/local-key-ring.ts';
import type { ToolSlots } from './tool-slots.ts';
import { shortageHere, shortageThere, stayOf } from './park-call.ts';
import type { Parking, Stay } from '../parking/parking.ts';
import type { PromptCaches, SeenPrompt } from '../usage/prompt-caches.ts';
import type { RepeatWatch } from './watch-repeats.ts';

/** One place a call can go, and the price it is metered at there. */
export interface Destination extends Place {
  target: Target;
  reason: RouteReason;
  /** The cost of its sub-requests. */
  partsCost?(): NanoUsd | null;
  catalogueVersion: string;
}

/** Everywhere a call can go. */
export interface RoutePlan {
  first: Destination;
  /** In the order in which they are asked until one answers. */
  others: readonly Destination[];
  /** The plan that was requested; null when a model was. */
  plan: string | null;
  /** An empty account does not lead to the next candidate. */
  staysOnBillingError: boolean;
  /** But the person is notified that it could. */
  asksAfterBillingError: boolean;
}

/** Counts calls without a valid key: a row for each would let any web page fill the disk. */
export interface RefusalNotes {
  note(call: Pick<RefusedCall, 'receivedAtMs' | 'endpoint' | 'userAgent' | 'httpStatus' | 'errorCode'>): void;
}

export interface GatewayServiceDeps {
  keys: Pick<LocalKeyRing, 'find' | 'current'>;
  slots: ToolSlots;
  /** Chooses lanes and targets. Throws a `CorvusError` when nothing here can serve the call. */
  planRoute(call: Call, caller: LocalKeyCaller): Promise<RoutePlan>;
  limits: KeyLimits;
  spending: Pick<Spending, 'reserve'>;
  /** Where requests wait for money. */
  parking: Parking;
  requests: Pick<RequestStore, 'begin' | 'finish' | 'refused'>;
  repeats: RepeatWatch;
  promptCaches: PromptCaches;
  /** Calls without a valid key. */
  refusals: RefusalNotes;
  /** Notifies the person that a plan stopped at an empty account and could go on. */
  askLeave(routePlan: RoutePlan): void;
}

/** A part of another request. */
export interface AskedPart {
  call: Call;
  /** Where it may be answered, the best first. */
  places: readonly [Destination, ...Destination[]];
  parent: Call;
  clientGone: AbortSignal;
}

export interface GatewayService extends CallService<LocalKeyCaller> {
  /** Admits a part of another request, to one model: with its own row, and without counting against the key again. */
  admitPart(asked: AskedPart, caller: LocalKeyCaller): Promise<Admission>;
}

/**
 * An admitted call: where it may go, the money that is reserved for it here, and its room below the limits of its key.
 */
interface Begun {
  routePlan: RoutePlan;
  grant: Grant<Destination>;
  entry: Entry;
  /** Its prompt, once it was looked at; null: there is nothing to compare it with. */
  prompt: Promise<SeenPrompt | null> | null;
}

/** What the desktop gateway adds to the engine: local keys, envelopes, lanes, a row for every call. */
export function createGatewayService(deps: GatewayServiceDeps): GatewayService {
  const { keys, slots, parking, requests, repeats, refusals, askLeave } = deps;
  const { begin, enter, end } = createBeginnings(deps);

  return {
    authenticate: (secret) => keys.find(secret),
    shareOf: ({ id }) => id,
    enter: (caller, clientGone) => slots.enter(caller, clientGone),
    async admit(call, found, clientGone, keepAlive): Promise<Admission> {
      // Reading its body and waiting for a slot took time, so the key is checked again.
      const caller = keys.current(found);
      await repeats.check(call, caller);
      const stay = stayOf(parking, call, caller, clientGone, keepAlive);
      // What was let through above is told how it ended, whatever refuses it here.
      const { entry, routePlan, grant, prompt } = await enter(call, caller, { clientGone, stay }).catch(
        async (error: unknown) => {
          stay?.end();
          throw await repeats.refused(call, caller, error);
        },
      );
      const all = grant.places.map(({ place }) => place);
      return {
        targets: grant.places.map(limitedTarget),
        staysOnBillingError: routePlan.staysOnBillingError,
        replyHeaders: laneHeaders(all[0] ?? routePlan.first),
        // A stream ends once the key that started it is revoked or has expired.
        cover(outputTokens, servedBy) {
          keys.current(caller);
          return grant.covers(servedBy, outputTokens) || Promise.reject(spentError());
        },
        resume(outcome) {
          const place = answeredBy(grant.places, outcome)?.place;
          const shortage = place ? shortageThere(outcome, place) : null;
          return stay && shortage && stay.wait(shortage).then((mayGoOn) => mayGoOn && keys.current(caller) !== null);
        },
        async settle(outcome) {
          entry.leave(outcome);
          stay?.end();
          end(call);
          if (routePlan.asksAfterBillingError && hasBillingRefusal(outcome)) askLeave(routePlan);
          try {
            return settle(call, grant, outcome, requests, prompt && (await prompt));
          } finally {
            // Known before the client is told: it may send the same again at once.
            await repeats.ended(call, caller, outcome, answeredBy(grant.places, outcome)?.place ?? routePlan.first);
          }
        },
      };
    },
    async admitPart({ call, places, parent, clientGone }, caller) {
      const found = { places, staysAtFirst: false, plan: null, parent };
      const { grant } = await begin(call, caller, found, { clientGone, stay: null });
      return {
        targets: grant.places.map(limitedTarget),
        replyHeaders: {},
        settle: async (outcome) => settle(call, grant, outcome, requests, null),
      };
    },
    refused(refusal, caller) {
      if (refusal.repeatOf !== undefined) return;
      if (caller) requests.refused(refusedRow(refusal, caller));
      else refusals.note(refusal);
    },
  };
}

/** What precedes the first byte that is sent: a route, the money, the row. */
function createBeginnings({
  keys,
  limits,
  planRoute,
  spending,
  requests,
  promptCaches,
}: Pick<GatewayServiceDeps, 'keys' | 'limits' | 'planRoute' | 'spending' | 'requests' | 'promptCaches'>) {
  /** Of requests that are in flight, for their parts. */
  const ceilings = new Map<RequestId, Ceiling>();

  /**
   * Reserves the money and records the request, before anything is sent: a crash from here on leaves a row that shows
   * both.
   */
  async function reserve(
    request: SpendRequest<Destination>,
    caller: LocalKeyCaller,
    stay: Stay | null,
  ): Promise<Grant<Destination>> {
    for (;;) {
      try {
        return await spending.reserve(request);
      } catch (error) {
        const shortage = stay && shortageHere(error);
        if (!shortage || !(await stay.wait(shortage))) throw error;
        // It may have been revoked meanwhile.
        keys.current(caller);
      }
    }
  }

  async function begin(
    call: Call,
    caller: LocalKeyCaller,
    found: BeginPlan,
    { clientGone, stay }: MoneyWaits,
  ): Promise<{ grant: Grant<Destination>; attribution: Attribution }> {
    const { places, staysAtFirst, plan, parent } = found;
    const attribution = attributionOf(parent ?? call, caller.label);
    const payer = { ...attribution, keyId: caller.id, model: call.facts.model };
    const ceiling = (parent && ceilings.get(parent.requestId)) ?? ceilingOf(call, caller.limits);
    if (ceiling && places[0].lane === null) ceilings.set(call.requestId, ceiling);
    const grant = await reserve({ call, payer, places, staysAtFirst, ceiling, clientGone }, caller, stay);
    const first = grant.places[0]?.place ?? places[0];
    const parentId = parent?.requestId ?? null;
    const envelopes = holdsText(grant.holds);
    requests.begin({ ...begunRow(call, caller, first), ...attribution, plan, parentId, envelopes });
    return { grant, attribution };
  }

  async function enter(call: Call, caller: LocalKeyCaller, waits: MoneyWaits): Promise<Begun> {
    const entry = limits.enter(call, caller);
    try {
      const routePlan = await planRoute(call, caller);
      const { first, others, staysOnBillingError, plan } = routePlan;
      const found = { places: [first, ...others] as const, staysAtFirst: staysOnBillingError, plan, parent: null };
      const { grant, attribution } = await begin(call, caller, found, waits);
      return { entry, routePlan, grant, prompt: promptCaches.see(call, caller.id, attribution) };
    } catch (error) {
      entry.leave(null);
      throw error;
    }
  }

  return { begin, enter, end: ({ requestId }: Call) => void ceilings.delete(requestId) };
}

export function laneHeaders({ lane, provider }: Pick<Destination, 'lane' | 'provider'>): Record<string, string> {
  return lane === null ? {} : { 'x-corvus-lane': lane, 'x-corvus-provider': provider };
}

function hasBillingRefusal({ attempts }: Outcome): boolean {
  return attempts.at(-1)?.errorCode === 'upstream_out_of_credit';
}

/** How long a call may wait for money. */
interface MoneyWaits {
  clientGone: AbortSignal;
  /** null: no longer than for money that others hold. */
  stay: Stay | null;
}

/** What a row is begun with besides its call. */
interface BeginPlan {
  places: readonly [Destination, ...Destination[]];
  staysAtFirst: boolean;
  plan: string | null;
  /** The request that it is a part of. */
  parent: Call | null;
}

/** The target with the output limit that money allows, and a word about it for the client. */
function limitedTarget({ place: { target }, outputLimit, limitedBy }: GrantedPlace<Destination>): Target {
  if (outputLimit === null || target.kind !== 'http') return target;
  const told = {
    'x-corvus-output-limit': String(outputLimit),
    ...(limitedBy === null ? {} : { 'x-corvus-limited-by': limitedBy }),
  };
  return { ...target, outputLimit, replyHeaders: { ...target.replyHeaders, ...told } };
}

function spentError(): CorvusError {
  return new CorvusError(
    'insufficient_credits',
    'The answer was ended: it reached what its envelopes, or the ceiling of its request, allow.',
    {
      status: 402,
      body: { reason: 'envelope' },
    },
  );
}

/** The target that answered; else the last one asked. */
function answeredBy<Known>(all: readonly Known[], { servedBy, attempts }: Outcome): Known | undefined {
  return all[servedBy ?? (attempts.at(-1)?.number ?? 1) - 1] ?? all[0];
}

function settle(
  call: Call,
  grant: Grant<Destination>,
  outcome: Outcome,
  requests: Pick<RequestStore, 'finish'>,
  prompt: SeenPrompt | null,
): Settlement {
  const answered = answeredBy(grant.places, outcome);
  if (!answered) throw new CorvusError('internal_error');
  const { place: destination, outputLimit, limitedBy } = answered;
  const { lane, provider, model, target, price, catalogueVersion } = destination;
  const { usage } = outcome;
  const translatedTo = target.kind === 'http' ? (target.translation?.to ?? null) : null;
  const priced = usage && price ? priceUsage(usage, price) : null;
  const isCharged = outcome.status !== 'refused' && outcome.status !== 'failed';
  const meteredCostNanoUsd = lane === 'local' || lane === null || !isCharged ? zeroUsd : (priced?.costNanoUsd ?? null);
  // The account's own amount, where its reply had it already; its ledger confirms it later.
  const settledCostNanoUsd = lane === 'prepaid' ? moneyHeader(outcome, 'x-corvus-cost-usd') : null;
  const balanceAfterNanoUsd = lane === 'prepaid' ? moneyHeader(outcome, 'x-corvus-balance-usd') : null;
  const {
    upstreamHeaders: _headers,
    refusal: _refusal,
    hasRelayedOutput: _relayed,
    outputTokenEstimate: _estimate,
    servedBy: _served,
    refusedBy,
    status,
    ...facts
  } = outcome;
  requests.finish({
    ...facts,
    id: call.requestId,
    status: status === 'exhausted' ? 'truncated' : status,
    lane,
    provider,
    refusedBy: refuserOf(refusedBy, lane, facts.errorCode),
    translatedTo,
    unitPrices: priced?.unitPrices ?? null,
    catalogueVersion: priced ? catalogueVersion : null,
    meteredCostNanoUsd,
    settledCostNanoUsd,
    balanceAfterNanoUsd,
    envelopes: holdsText(
      grant.settle(mayCost(outcome, lane) ? destination : null, settledCostNanoUsd ?? meteredCostNanoUsd),
    ),
    cacheBreak: (priced && usage && prompt?.answered({ provider, model, translatedTo, usage, ...priced })) ?? null,
    outputLimit,
    limitedBy,
  });
  const ownCost = settledCostNanoUsd ?? (lane === 'prepaid' ? null : meteredCostNanoUsd);
  return {
    costNanoUsd: destination.partsCost ? destination.partsCost() : ownCost,
    balanceNanoUsd: balanceAfterNanoUsd,
  };
}

/**
 * The account refuses an id that it knows: the request was sent again over a new connection, and had arrived over the
 * old one.
 */
const sentBefore: ReadonlySet<string | null> = new Set<ErrorCode | null>([
  'request_in_flight',
  'idempotency_key_reused',
]);

/**
 * Only the account's ledger knows what a request cost whose answer never came: it may have been answered all the same.
 */
function mayCost({ status, errorCode }: Outcome, lane: Lane | null): boolean {
  if (lane === 'prepaid') return status !== 'refused' || sentBefore.has(errorCode);
  return status !== 'refused' && status !== 'failed';
}

/** The account's refusals have a code of the catalogue; those of a provider behind it have none. */
function refuserOf(refusedBy: Outcome['refusedBy'], lane: Lane | null, errorCode: string | null): Refuser | null {
  if (refusedBy !== 'upstream') return refusedBy === null ? null : 'corvus';
  if (lane === null) return 'corvus';
  return lane === 'prepaid' && errorCode !== null ? 'account' : 'provider';
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

function refusedRow(refused: RefusedCall, caller: LocalKeyCaller): RefusedRequest {
  const { requestId, receivedAtMs, model, headers, facts, ...refusal } = refused;
  return {
    ...refusal,
    ...attributionOf({ headers, facts: facts ?? {} }, caller.label),
    id: requestId,
    createdAtMs: receivedAtMs,
    localKeyId: caller.id,
    localKeyLabel: caller.label,
    modelRequested: model,
  };
}

function moneyHeader({ upstreamHeaders }: Outcome, name: string): NanoUsd | null {
  const value = upstreamHeaders[name];
  return typeof value === 'string' ? parseUsd(value) : null;
}
