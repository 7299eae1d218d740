import type { Call, Outcome, Target } from '#proxy/call.ts';
import { createAskModel } from '#proxy/modes/ask-model.ts';
import type { AskModel, Candidate } from '#proxy/modes/model-answer.ts';
import { isDelivered } from '#proxy/relay/consumption.ts';
import type { ReceiptPart } from '#shared/account/receipt.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { upstreamDialectSchema, endpointPaths } from '#shared/domain/dialect.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';
import { sumUsage } from '#shared/metering/usage.ts';
import { type NanoUsd, sumUsd, zeroUsd } from '#shared/money.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { type Charge, decideCharge } from '../decide-charge.ts';
import type { RequestFeatures } from '../features/request-features.ts';
import { isBuiltin, receiptPart, recordAnswer, type QuoteDeps } from './quote-deps.ts';
import type { MeteredCall } from './quote.ts';

/** A model among those that answer in parallel. */
export interface SoldCandidate extends Candidate {
  price: ModelPrice;
}

interface Answer {
  charge: Charge;
  part: ReceiptPart;
  upstreamCost: NanoUsd | null;
}

/**
 * The answers of a request to several models, and what they cost together. They move no money themselves: the request
 * does, once.
 */
export function createAnswers(parts: QuoteDeps, call: Call, features: RequestFeatures) {
  const { engine, newRequestId } = parts;
  const given: Answer[] = [];
  const asked: Promise<unknown>[] = [];

  function note(part: Call, model: ModelPrice, targets: readonly Target[], outcome: Outcome): NanoUsd {
    const charge = decideCharge(part, outcome, model, 0, { features, isBuiltin: isBuiltin(targets, outcome) });
    given.push({
      charge,
      part: receiptPart(model, outcome, charge),
      upstreamCost: recordAnswer(parts, { call: part, features, model, outcome, charge }),
    });
    return charge.cost;
  }

  const run = (_call: Call, signal: AbortSignal): AskModel<SoldCandidate> => {
    const ask = createAskModel<SoldCandidate>(
      {
        engine,
        newRequestId,
        async admit(part, { price }) {
          const targets = chatTargets(parts, part, price);
          return {
            targets,
            replyHeaders: {},
            settle: async (outcome) => ({ costNanoUsd: note(part, price, targets, outcome), balanceNanoUsd: null }),
          };
        },
      },
      call,
      signal,
    );
    return (question, candidate) => {
      const answer = ask(question, candidate);
      asked.push(answer);
      return answer;
    };
  };

  return {
    run,
    async idle() {
      await Promise.all(asked);
    },
    meter: (outcome: Outcome) => meter(given, outcome),
  };
}

/** Where a chat with this model can be sent, in any dialect. */
export function chatTargets({ pools }: QuoteDeps, part: Call, model: ModelPrice): Target[] {
  if (model.dialects.includes('openai-chat')) return pools.candidatesFor(part, model).targets;
  const dialect = upstreamDialectSchema.options.find((spoken) => model.dialects.includes(spoken));
  const translation = dialect && findTranslation(part.dialect, dialect);
  if (!translation)
    throw new CorvusError('dialect_not_supported', `${model.slug} is not a chat model.`, { param: 'model' });
  const injectUsage = dialectReaders[dialect].mustAskForUsage;
  const { targets } = pools.candidatesFor({ ...part, dialect, endpoint: endpointPaths[dialect] }, model);
  return targets.map((target) => (target.kind === 'http' ? { ...target, translation, injectUsage } : target));
}

function meter(given: readonly Answer[], outcome: Outcome): Omit<MeteredCall, 'label'> {
  const cost = sumUsd(given.map(({ charge }) => charge.cost));
  const known = given.filter(({ charge }) => charge.usage !== null);
  // An answer that was never delivered is not paid for, even if its models answered.
  const isCharged = isDelivered(outcome) && given.some(({ charge }) => charge.isCharged);
  const writtenOff = sumUsd(given.map(({ charge }) => charge.writtenOff));
  const consuming = given.filter(({ charge }) => charge.upstreamUsage ?? charge.usage);
  const costs = consuming.map(({ upstreamCost }) => upstreamCost).filter((upstream) => upstream !== null);
  return {
    isCharged,
    usage: known.length === 0 ? null : sumUsage(known.flatMap(({ charge }) => charge.usage ?? [])),
    usageSource:
      known.length === 0
        ? 'missing'
        : known.every(({ charge }) => charge.usageSource === 'provider')
          ? 'provider'
          : 'estimated',
    unitPrices: null,
    isImplausible: given.some(({ charge }) => charge.isImplausible),
    cost: isCharged ? cost : zeroUsd,
    writtenOff: isCharged ? writtenOff : sumUsd([writtenOff, cost]),
    parts: given.map(({ part }) => part),
    upstreamCost: costs.length > 0 && costs.length === consuming.length ? sumUsd(costs) : null,
  };
}
