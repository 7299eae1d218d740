import type { Admission, Call, CallService, HttpTarget, Outcome, RefusedCall, Settlement } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import type { Lane } from '#shared/domain/request.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import { type NanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import type { BegunRequest, RefusedRequest } from '../store/records.ts';
import type { RequestStore } from '../store/store.ts';
import type { LocalKeyCaller, LocalKeyRing } from './local-key-ring.ts';

/** Where one call goes, and at which price it will be counted. */
export interface Destination {
  lane: Lane;
  /** Provider id, or `account`. */
  provider: string;
  target: HttpTarget;
  /** null: the price is not known, so the cost will not be either. */
  price: ModelPrice | null;
  catalogueVersion: string;
}

export interface GatewayServiceParts {
  keys: Pick<LocalKeyRing, 'find'>;
  /** Chooses lane and target. Throws a `CorvusError` when nothing here can serve the call. */
  findDestination(call: Call, caller: LocalKeyCaller): Promise<Destination>;
  requests: Pick<RequestStore, 'begin' | 'finish' | 'refused'>;
}

/** What the desktop gateway adds to the engine: local keys, lanes, a row for every call. It reserves no money: the account does. */
export function createGatewayService({ keys, findDestination, requests }: GatewayServiceParts): CallService<LocalKeyCaller> {
  return {
    authenticate: (secret) => keys.find(secret),
    async admit(call, caller): Promise<Admission> {
      const destination = await findDestination(call, caller);
      // Durable before anything is sent: a crash from here on leaves a row that says so.
      await requests.begin(begunRow(call, caller, destination));
      return {
        targets: [destination.target],
        replyHeaders: { 'x-corvus-lane': destination.lane, 'x-corvus-provider': destination.provider },
        settle: async (outcome) => settle(call, destination, outcome, requests),
      };
    },
    // The answer does not wait for this row.
    refused: (refusal, caller) => void requests.refused(refusedRow(refusal, caller)),
  };
}

function settle(call: Call, destination: Destination, outcome: Outcome, requests: Pick<RequestStore, 'finish'>): Settlement {
  const { lane, price, catalogueVersion } = destination;
  const priced = outcome.usage && price ? priceUsage(outcome.usage, price) : null;
  const isCharged = outcome.status !== 'refused' && outcome.status !== 'failed';
  const meteredCostNanoUsd = lane === 'local' || !isCharged ? zeroUsd : (priced?.costNanoUsd ?? null);
  // The account's own word, where its reply carried it already; its ledger confirms it later.
  const settledCostNanoUsd = lane === 'prepaid' ? moneyHeader(outcome, 'x-corvus-cost-usd') : null;
  const balanceAfterNanoUsd = lane === 'prepaid' ? moneyHeader(outcome, 'x-corvus-balance-usd') : null;
  const { upstreamHeaders: _headers, hasRelayedOutput: _relayed, status, ...facts } = outcome;
  void requests.finish({
    ...facts,
    id: call.requestId,
    status: status === 'exhausted' ? 'truncated' : status,
    unitPrices: priced?.unitPrices ?? null,
    catalogueVersion: priced ? catalogueVersion : null,
    meteredCostNanoUsd,
    settledCostNanoUsd,
    balanceAfterNanoUsd,
  });
  return { costNanoUsd: settledCostNanoUsd ?? (lane === 'prepaid' ? null : meteredCostNanoUsd), balanceNanoUsd: balanceAfterNanoUsd };
}

function begunRow(call: Call, caller: LocalKeyCaller, { lane, provider }: Destination): BegunRequest {
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
    isStream: call.facts.isStream,
    requestBytes: call.body.length,
    userAgent: call.headers['user-agent'] ?? null,
  };
}

function refusedRow({ requestId, receivedAtMs, model, ...refusal }: RefusedCall, caller: LocalKeyCaller | null): RefusedRequest {
  return {
    ...refusal,
    id: requestId,
    createdAtMs: receivedAtMs,
    localKeyId: caller?.id ?? null,
    localKeyLabel: caller?.label ?? null,
    modelRequested: model,
  };
}

function moneyHeader({ upstreamHeaders }: Outcome, name: string): NanoUsd | null {
  const value = upstreamHeaders[name];
  return typeof value === 'string' ? parseUsd(value) : null;
}
