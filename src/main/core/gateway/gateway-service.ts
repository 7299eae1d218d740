import type { Admission, Call, CallService, Outcome, RefusedCall, Settlement, Target } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import type { Lane, Refuser, RouteReason } from '#shared/account/request.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import type { RequestId } from '#shared/ids.ts';
import { type NanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import type { BegunRequest, RefusedRequest } from '../store/request-records.ts';
import type { RequestStore } from '../store/store.ts';
import type { KeyLimits } from '../keys/key-limits.ts';
import type { LocalKeyCaller, LocalKeyRing } from '../keys/local-key-ring.ts';
import type { ToolSlots } from './tool-slots.ts';

/** One place a call can go, and the price it is metered at there. */
export interface Destination {
  /** null: answered here by asking other models; each of those is a request of its own. */
  lane: Lane | null;
  /** Provider id, or `account`. */
  provider: string;
  /** The model's name there. */
  model: string;
  target: Target;
  reason: RouteReason;
  /** null: the price is not known, so the cost will not be either. */
  price: ModelPrice | null;
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
  requests: Pick<RequestStore, 'begin' | 'finish' | 'refused'>;
  /** Calls without a valid key. */
  refusals: RefusalNotes;
  /** Notifies the person that a plan stopped at an empty account and could go on. */
  askLeave(routePlan: RoutePlan): void;
}

export interface GatewayService extends CallService<LocalKeyCaller> {
  /** Admits a part of another request, to one model: with its own row, and without counting against the key again. */
  admitPart(call: Call, caller: LocalKeyCaller, plan: Pick<RoutePlan, 'first' | 'others'>, parentId: RequestId): Promise<Admission>;
}

/** What the desktop gateway adds to the engine: local keys, lanes, a row for every call. It reserves no money: the account does. */
export function createGatewayService({ keys, slots, planRoute, limits, requests, refusals, askLeave }: GatewayServiceDeps): GatewayService {
  async function beginRoutePlan(call: Call, caller: LocalKeyCaller): Promise<RoutePlan> {
    const routePlan = await planRoute(call, caller);
    // Recorded before anything is sent: a crash from here on leaves a row that shows it.
    requests.begin(begunRow(call, caller, routePlan, null));
    return routePlan;
  }

  return {
    authenticate: (secret) => keys.find(secret),
    shareOf: ({ id }) => id,
    enter: (caller, clientGone) => slots.enter(caller, clientGone),
    async admit(call, found): Promise<Admission> {
      // Reading its body and waiting for a slot took time, so the key is checked again.
      const caller = keys.current(found);
      const entry = limits.enter(call, caller);
      const routePlan = await beginRoutePlan(call, caller).catch((error: unknown) => {
        entry.leave(null);
        throw error;
      });
      const { first, others, staysOnBillingError } = routePlan;
      const all = [first, ...others];
      return {
        targets: all.map(({ target }) => target),
        staysOnBillingError,
        replyHeaders: laneHeaders(first),
        // A stream ends once the key that started it is revoked or has expired.
        cover() {
          keys.current(caller);
          return true;
        },
        async settle(outcome) {
          entry.leave(outcome);
          if (routePlan.asksAfterBillingError && hasBillingRefusal(outcome)) askLeave(routePlan);
          return settle(call, answeredBy(all, outcome) ?? first, outcome, requests);
        },
      };
    },
    async admitPart(call, caller, { first, others }, parentId) {
      requests.begin(begunRow(call, caller, { first, plan: null }, parentId));
      const all = [first, ...others];
      return {
        targets: all.map(({ target }) => target),
        replyHeaders: {},
        settle: async (outcome) => settle(call, answeredBy(all, outcome) ?? first, outcome, requests),
      };
    },
    refused(refusal, caller) {
      if (caller) requests.refused(refusedRow(refusal, caller));
      else refusals.note(refusal);
    },
  };
}

export function laneHeaders({ lane, provider }: Pick<Destination, 'lane' | 'provider'>): Record<string, string> {
  return lane === null ? {} : { 'x-corvus-lane': lane, 'x-corvus-provider': provider };
}

function hasBillingRefusal({ attempts }: Outcome): boolean {
  return attempts.at(-1)?.errorCode === 'upstream_out_of_credit';
}

/** The target that answered; else the last one asked. */
function answeredBy(all: readonly Destination[], { servedBy, attempts }: Outcome): Destination | undefined {
  return all[servedBy ?? (attempts.at(-1)?.number ?? 1) - 1];
}

function settle(call: Call, destination: Destination, outcome: Outcome, requests: Pick<RequestStore, 'finish'>): Settlement {
  const { lane, provider, target, price, catalogueVersion } = destination;
  const priced = outcome.usage && price ? priceUsage(outcome.usage, price) : null;
  const isCharged = outcome.status !== 'refused' && outcome.status !== 'failed';
  const meteredCostNanoUsd = lane === 'local' || lane === null || !isCharged ? zeroUsd : (priced?.costNanoUsd ?? null);
  // The account's own amount, where its reply had it already; its ledger confirms it later.
  const settledCostNanoUsd = lane === 'prepaid' ? moneyHeader(outcome, 'x-corvus-cost-usd') : null;
  const balanceAfterNanoUsd = lane === 'prepaid' ? moneyHeader(outcome, 'x-corvus-balance-usd') : null;
  const {
    upstreamHeaders: _headers,
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
    translatedTo: target.kind === 'http' ? (target.translation?.to ?? null) : null,
    unitPrices: priced?.unitPrices ?? null,
    catalogueVersion: priced ? catalogueVersion : null,
    meteredCostNanoUsd,
    settledCostNanoUsd,
    balanceAfterNanoUsd,
  });
  const ownCost = settledCostNanoUsd ?? (lane === 'prepaid' ? null : meteredCostNanoUsd);
  return { costNanoUsd: destination.partsCost ? destination.partsCost() : ownCost, balanceNanoUsd: balanceAfterNanoUsd };
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
  { first: { lane, provider, reason }, plan }: Pick<RoutePlan, 'first' | 'plan'>,
  parentId: RequestId | null,
): BegunRequest {
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
    plan,
    parentId,
    isStream: call.facts.isStream,
    requestBytes: call.body.length,
    userAgent: call.headers['user-agent'] ?? null,
    hints: [...(call.hints ?? [])],
  };
}

function refusedRow({ requestId, receivedAtMs, model, ...refusal }: RefusedCall, caller: LocalKeyCaller): RefusedRequest {
  return {
    ...refusal,
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
