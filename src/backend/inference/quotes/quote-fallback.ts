import type { Call, Outcome, Target } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import type { Attempt } from '#shared/account/request.ts';
import { endpointPaths } from '#shared/domain/dialect.ts';
import type { PlanMode } from '#shared/domain/routing.ts';
import { type CorvusError, toCorvusError } from '#shared/errors.ts';
import { type NanoUsd, nanoUsd, usdText } from '#shared/money.ts';
import { decideCharge } from '../decide-charge.ts';
import { refuseUnpriced } from '../features/request-bounds.ts';
import type { RequestFeatures } from '../features/request-features.ts';
import { expectedTokensOf, type HoldSize, sizeHold } from '../size-hold.ts';
import type { UpstreamCandidates } from '../../upstreams/upstream-pools.ts';
import { isBuiltin, recordAnswer, type QuoteDeps } from './quote-deps.ts';
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
 * Models of which the first that can, answers: as they were listed (`mesh`), or the cheapest first (`auto`). The one that answered is charged
 * for, at its own price; what is held covers the dearest.
 */
export function quoteFallback(parts: QuoteDeps, call: Call, { mode, models, features }: InTurn): Quote {
  const found = findCandidates(parts, call, models, features);
  const able = found.filter(({ candidates }) => candidates.targets.length > 0);
  // Where nobody can be asked now, that is the answer to the first of them.
  const candidates = able.length > 0 ? able : found.slice(0, 1);
  if (mode === 'auto') candidates.sort((one, other) => Number(one.size.wanted - other.size.wanted));
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
      const charge = decideCharge(call, outcome, model, relayedTokens, { features, isBuiltin: isBuiltin(targets, outcome) });
      const { usage, usageSource, unitPrices, cost } = charge;
      recordOthers(parts, byTarget, model, outcome);
      const part = { model: model.slug, modelServed: outcome.modelServed, usage, usageSource, unitPrices, cost: usdText(cost) };
      return {
        ...charge,
        label: model,
        parts: [part],
        upstreamCost: recordAnswer(parts, {
          call,
          features,
          model,
          outcome: { ...outcome, attempts: attemptsAt(byTarget, outcome, model) },
          charge,
        }),
      };
    },
  };
}

/** Throws why the first cannot serve when none can. */
function findCandidates(parts: QuoteDeps, call: Call, models: readonly ModelPrice[], features: RequestFeatures): Candidate[] {
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

/** The body names the plan: whoever is asked is asked for the model. */
function naming(target: Target, model: string): Target {
  if (target.kind === 'http') return { model, ...target };
  return { ...target, answer: (call, signal) => target.answer(askingFor(call, model), signal) };
}

/** Who answered; else who was asked last; else who would have been first. Undefined where nobody could be asked. */
function answering(byTarget: readonly ModelPrice[], { servedBy, attempts }: Outcome): ModelPrice | undefined {
  return byTarget[servedBy ?? Math.max(0, (attempts.at(-1)?.number ?? 1) - 1)] ?? byTarget[0];
}

/** The targets of those that can be asked; what is known of all of them. */
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

/** Credentials of two families may have one name: each family learns from the tries at its own. */
function attemptsAt(byTarget: readonly ModelPrice[], { attempts }: Outcome, { family }: ModelPrice): Attempt[] {
  return attempts.filter(({ number }) => byTarget[number - 1]?.family === family);
}

function recordOthers({ pools }: QuoteDeps, byTarget: readonly ModelPrice[], answered: ModelPrice, outcome: Outcome): void {
  const others = new Map(byTarget.filter(({ family }) => family !== answered.family).map((model) => [model.family, model]));
  for (const model of others.values()) {
    const attempts = attemptsAt(byTarget, outcome, model);
    if (attempts.length > 0) pools.recordResult(model.family, { ...outcome, status: 'failed', attempts, upstreamHeaders: {} }, false);
  }
}

/** What covers each of them. */
function dearest(sizes: readonly HoldSize[]): HoldSize {
  const most = (of: (size: HoldSize) => bigint): NanoUsd => nanoUsd(sizes.map(of).reduce((one, other) => (one > other ? one : other), 0n));
  return {
    wanted: most(({ wanted }) => wanted),
    minimum: most(({ minimum }) => minimum),
    inputCost: most(({ inputCost }) => inputCost),
    outputRate: most(({ outputRate }) => outputRate),
    most: most((size) => size.most),
  };
}
