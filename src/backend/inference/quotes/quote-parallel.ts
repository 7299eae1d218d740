import type { Call, Target } from '#proxy/call.ts';
import { modeTarget } from '#proxy/modes/mode-target.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import type { PlanMode } from '#shared/domain/routing.ts';
import { nanoUsd, sumUsd } from '#shared/money.ts';
import { refuseUnpriced } from '../features/request-bounds.ts';
import type { RequestFeatures } from '../features/request-features.ts';
import { expectedTokensOf, type HoldSize, outputToHold, sizeHold } from '../size-hold.ts';
import { chatTargets, createAnswers, type SoldCandidate } from './answers.ts';
import { onlyCandidate } from '../../upstreams/upstream-pools.ts';
import type { QuoteDeps } from './quote-deps.ts';
import type { Quote } from './quote.ts';

interface ParallelPlan {
  name: string;
  mode: PlanMode;
  candidates: readonly ModelPrice[];
  /** The model that blends or judges. */
  arbiter: ModelPrice | null;
  features: RequestFeatures;
}

/**
 * Several models answer one request, with one hold and one charge: each answer at its own model's price. A combined
 * answer comes in one piece, so the hold covers all that its models may say from the start.
 */
export function quoteParallel(
  parts: QuoteDeps,
  call: Call,
  { name, mode, candidates, arbiter, features }: ParallelPlan,
): Quote {
  const answers = createAnswers(parts, call, features);
  const plan = { name, mode, candidates: candidates.map(candidateOf), arbiter: arbiter && candidateOf(arbiter) };
  const asked = inOnePiece(call);
  const answerTokens = candidates.reduce(
    (sum, model) => sum + outputToHold(asked, model, parts.forecast.of(model.slug)),
    0,
  );
  const sizeOf = (model: ModelPrice, asking: Call): HoldSize => {
    refuseUnpriced(call, model, features);
    const obeysLimit = parts.trust.isKept(model, targetsOf(parts, asking, model), features.limitMember);
    return sizeHold(asking, model, parts.forecast.of(model.slug), features, obeysLimit);
  };
  const sizes = candidates.map((model) => sizeOf(model, asked));
  // The model that blends or judges reads the question and all the answers.
  if (arbiter) sizes.push(sizeOf(arbiter, inOnePiece(call, answerTokens)));
  const models = [...candidates, ...(arbiter ? [arbiter] : [])];
  return {
    models,
    candidates: onlyCandidate(modeTarget(plan, call.dialect, answers.run)),
    size: sumOf(sizes),
    expectedTokens: models.reduce((sum, model) => sum + expectedTokensOf(asked, parts.forecast.of(model.slug)), 0),
    isPaidAsItGoes: false,
    idle: answers.idle,
    meter: (outcome) => ({ ...answers.meter(outcome), label: { family: 'corvus', slug: `corvus/${mode}` } }),
  };
}

/** None where no upstream serves the model now: its place among the answers then says so. */
function targetsOf(parts: QuoteDeps, asking: Call, model: ModelPrice): readonly Target[] {
  try {
    return chatTargets(parts, asking, model);
  } catch {
    return [];
  }
}

function candidateOf(price: ModelPrice): SoldCandidate {
  return { model: price.slug, price };
}

/** The call to each of the models, with as much more to read. */
function inOnePiece(call: Call, moreInputTokens = 0): Call {
  const { facts } = call;
  return {
    ...call,
    dialect: 'openai-chat',
    facts: { ...facts, isStream: false, inputTokenEstimate: facts.inputTokenEstimate + moreInputTokens },
  };
}

function sumOf(sizes: readonly HoldSize[]): HoldSize {
  return {
    wanted: sumUsd(sizes.map(({ wanted }) => wanted)),
    minimum: sumUsd(sizes.map(({ minimum }) => minimum)),
    inputCost: sumUsd(sizes.map(({ inputCost }) => inputCost)),
    outputRate: sizes.reduce((sum, { outputRate }) => nanoUsd(sum + outputRate), nanoUsd(0n)),
    most: sumUsd(sizes.map(({ most }) => most)),
  };
}
