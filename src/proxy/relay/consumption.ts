import { unfinishedStatuses } from '#shared/dialects/openai-responses.ts';
import { withUnexplainedThoughts } from '#shared/dialects/openai-usage.ts';
import { makeUsage, outputTokens, totalTokens, type Usage, type UsageSource } from '#shared/metering/usage.ts';
import type { Call, Outcome } from '../call.ts';
import type { Relayed } from '../reply/relay.ts';

/** What a call consumed, for the app's row and for the service's charge alike. */
export interface Consumption {
  /** null: it is not known, and cannot be estimated. */
  usage: Usage | null;
  usageSource: UsageSource;
}

export const nothingConsumed: Consumption = { usage: makeUsage({}), usageSource: 'provider' };

/**
 * What was consumed: the upstream's own count if it gave its final one; else its input count, if it gave that, and the
 * larger of its output count and an estimate of the relayed output; nothing where nothing was relayed. A count of zero
 * is none where output was relayed.
 * @param model the upstream's name of the model
 */
export function consumptionOf(call: Call, relayed: Relayed, isRefused: boolean, model: string): Consumption {
  const { facts, end } = relayed;
  const isWhole = end === 'completed' || facts.isComplete || facts.finishReason !== null;
  const hasNothing = end !== 'completed' && !relayed.hasRelayedOutput && facts.usage === null;
  const isUnfinished = unfinishedStatuses.has(facts.finishReason);
  const goesOn = isUnfinished && facts.isBackground;
  if (isRefused || (hasNothing && !goesOn)) return nothingConsumed;
  const hasOutput = relayed.outputTokenEstimate > 0;
  // What it will say is not known, and no estimate of nothing.
  if (facts.usage === null && (goesOn || (isUnfinished && end === 'completed' && !hasOutput)))
    return { usage: null, usageSource: 'missing' };
  // Servers that do not count report zeros.
  const usage = facts.usage && hasOutput && totalTokens(facts.usage) === 0 ? null : facts.usage;
  const isCounted = usage !== null && !facts.lacksOutput && !(hasOutput && outputTokens(usage) === 0);
  if (isCounted && isWhole)
    return { usage: withUnexplainedThoughts(usage, facts.unexplainedTokens, model), usageSource: 'provider' };
  if (usage) return { usage: withOutput(usage, relayed.outputTokenEstimate), usageSource: 'estimated' };
  // The length of a sound or a picture does not allow an estimate of its tokens.
  if (call.dialect === 'openai-passthrough') return { usage: null, usageSource: 'missing' };
  return { usage: estimatedUsage(call, relayed.outputTokenEstimate), usageSource: 'estimated' };
}

/** What one request can have caused at the most. */
interface MostTokens {
  inputTokens: number;
  outputTokens: number;
}

const unbounded: MostTokens = { inputTokens: Infinity, outputTokens: Infinity };

/**
 * What was consumed where no count of the upstream's can be used: input by the request's size, output by what was
 * relayed.
 * @param most cuts both; only who knows the model's limits has it
 */
export function estimatedUsage({ dialect, facts }: Call, relayedTokens: number, most: MostTokens = unbounded): Usage {
  const freshInput = Math.min(facts.inputTokenEstimate, most.inputTokens);
  const outputText = dialect === 'openai-embeddings' ? 0 : Math.min(relayedTokens, most.outputTokens);
  return makeUsage({ freshInput, outputText });
}

/** Whether the caller got the answer, or some of it. */
export function isDelivered({ status, hasRelayedOutput }: Pick<Outcome, 'status' | 'hasRelayedOutput'>): boolean {
  return status === 'completed' || (status !== 'refused' && status !== 'failed' && hasRelayedOutput);
}

function withOutput(counted: Usage, estimate: number): Usage {
  const output = Math.max(estimate, outputTokens(counted));
  return { ...counted, outputText: output - counted.outputReasoning - counted.outputAudio };
}
