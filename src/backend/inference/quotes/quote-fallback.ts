import type { Call, Outcome, Target } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { endpointPaths } from '#shared/domain/dialect.ts';
import type { PlanMode } from '#shared/domain/routing.ts';
import { type CorvusError, toCorvusError } from '#shared/errors.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { decideCharge } from '../decide-charge.ts';
import { refuseUnpriced } from '../features/request-bounds.ts';
import type { RequestFeatures } from '../features/request-features.ts';
import { expectedTokensOf, type HoldSize, sizeHold } from '../size-hold.ts';
import type { UpstreamCandidates } from '../../upstreams/upstream-pools.ts';
import { isBuiltin, receiptPart, recordAnswer, type QuoteDeps } from './quote-deps.ts';
import type { Quote } from './quote.ts';

interface Candidate {
  model: ModelPrice;
  size: HoldSize;
  candidates: UpstreamCandidates;
}

interface InTurn {
  mode: PlanMode;
  models: readonly ModelPrice[];
  features: RequestFeatures;
}

/**
 * The first of several models that can answer does so: in the order listed (`mesh`), or the cheapest first (`auto`). It
 * is charged at its own price; the hold covers the dearest. A session stays with the model that answered it last, for
 * its prompt cache.
 */
export function quoteFallback(parts: QuoteDeps, call: Call, { mode, models, features }: InTurn): Quote {
  const found = findCandidates(parts, call, models, features);
  const able = found.filter(({ candidates }) => candidates.targets.length > 0);
  // Where none is available now, the first one's refusal is the answer.
  const candidates = able.length > 0 ? able : found.slice(0, 1);
  if (mode === 'auto') candidates.sort((one, other) => Number(one.size.wanted - other.size.wanted));
  const last = parts.pools.lastModelOf(call);
  candidates.sort((one, other) => Number(other.model.slug === last) - Number(one.model.slug === last));
  const [first] = candidates;
  if (!first) throw new Error('a plan without models was quoted');
  const byTarget = candidates.flatMap(({ candidates, model }) => candidates.targets.map(() => model));
  const targets = candidates.flatMap(({ candidates }) => candidates.targets);
  const forecastTokens = Math.max(...candidates.map(({ model }) => parts.forecast.of(model.slug)));
  return {
    models: candidates.map(({ model }) => model),
    candidates: allCandidates(
      candidates.map(({ candidates }) => candidates),
      found.map(({ candidates }) => candidates),
    ),
    size: dearest(candidates.map(({ size }) => size)),
    expectedTokens: expectedTokensOf(call, forecastTokens),
    isPaidAsItGoes: true,
    meter(outcome, relayedTokens) {
      const model = answering(byTarget, outcome) ?? first.model;
      const charge = decideCharge(call, outcome, model, relayedTokens, {
        features,
        isBuiltin: isBuiltin(targets, outcome),
      });
      return {
        ...charge,
        label: model,
        parts: [receiptPart(model, outcome, charge)],
        upstreamCost: recordAnswer(parts, { call, features, model, outcome, charge }),
      };
    },
  };
}

/** Throws the first model's refusal when none is available. */
function findCandidates(
  parts: QuoteDeps,
  call: Call,
  models: readonly ModelPrice[],
  features: RequestFeatures,
): Candidate[] {
  const found: Candidate[] = [];
  let refusal: CorvusError | null = null;
  for (const model of models) {
    try {
      const asked = askingFor(call, model.slug);
      const candidates = parts.pools.candidatesFor(asked, model);
      const targets = candidates.targets.map((target) => naming(target, model.slug));
      refuseUnpriced(call, model, features);
      const obeysLimit = parts.trust.isKept(model, targets, features.limitMember);
      found.push({
        model,
        candidates: { ...candidates, targets },
        size: sizeHold(call, model, parts.forecast.of(model.slug), features, obeysLimit),
      });
    } catch (error) {
      refusal ??= toCorvusError(error);
    }
  }
  if (refusal && found.length === 0) throw refusal;
  return found;
}

/** The call as if this model had been asked for, in the dialect it came in. */
function askingFor(call: Call, model: string): Call {
  const endpoint = call.dialect === 'openai-passthrough' ? call.endpoint : endpointPaths[call.dialect];
  return { ...call, endpoint, facts: { ...call.facts, model } };
}

/** The body names the plan; the upstream needs the model's name. */
function naming(target: Target, model: string): Target {
  if (target.kind === 'http') return { model, ...target };
  return { ...target, answer: (call, signal) => target.answer(askingFor(call, model), signal) };
}

/** The model that answered; else the last one asked; else the first of the plan. Undefined where none is available. */
function answering(byTarget: readonly ModelPrice[], { servedBy, attempts }: Outcome): ModelPrice | undefined {
  return byTarget[servedBy ?? Math.max(0, (attempts.at(-1)?.number ?? 1) - 1)] ?? byTarget[0];
}

/** The targets of all available models, and what is known of each model. */
function allCandidates(able: readonly UpstreamCandidates[], all: readonly UpstreamCandidates[]): UpstreamCandidates {
  return {
    targets: able.flatMap(({ targets }) => targets),
    skipped: () => all.flatMap((candidates) => candidates.skipped()),
    retryAfterSeconds() {
      const cooldowns = all.map((candidates) => candidates.retryAfterSeconds());
      return cooldowns.includes(null) ? null : Math.min(...cooldowns.filter((seconds) => seconds !== null));
    },
  };
}

/** The hold that covers each of them. */
function dearest(sizes: readonly HoldSize[]): HoldSize {
  const most = (of: (size: HoldSize) => bigint): NanoUsd =>
    nanoUsd(sizes.map(of).reduce((one, other) => (one > other ? one : other), 0n));
  return {
    wanted: most(({ wanted }) => wanted),
    minimum: most(({ minimum }) => minimum),
    inputCost: most(({ inputCost }) => inputCost),
    outputRate: most(({ outputRate }) => outputRate),
    most: most((size) => size.most),
  };
}
