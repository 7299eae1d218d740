import { periodWords, scopeWords } from '#shared/domain/envelope.ts';
import { CorvusError } from '#shared/errors.ts';
import { tokensFor } from '#shared/metering/output-cost.ts';
import { type NanoUsd, nanoUsd, usdText } from '#shared/money.ts';
import type { Counter } from './envelope-counters.ts';
import { costWithin, leastCost, type PricedSize } from './size-call.ts';

/** Why an envelope does not pay for a request: which one, what it allows, what is gone, and how to go on. */
export function reachedError({ envelope, limit, period }: Counter, size: PricedSize): CorvusError {
  const required = leastCost(size);
  const left = limit - period.spent - period.held;
  const resets =
    period.endMs === null
      ? 'It does not reset by itself.'
      : `It resets on ${momentText(period.endMs, envelope.timeZone)}.`;
  const sums = `${usd(period.spent)} is spent and ${usd(period.held)} held by running requests`;
  const advice = `Raise, pause or reset it under Envelopes, or with "corvusllm envelopes raise ${envelope.id} <amount>".`;
  return new CorvusError(
    'insufficient_credits',
    `The envelope "${envelope.name}" (${scopeWords(envelope.scope)}) allows ${usd(limit)} ${periodWords[envelope.period]}: ${sums}, and this request needs at least ${usd(required)}. ${resets} ${advice}`,
    {
      status: 402,
      body: {
        reason: 'envelope',
        envelope: envelope.id,
        scope: scopeWords(envelope.scope),
        limit: usdText(limit),
        spent: usdText(nanoUsd(period.spent)),
        held: usdText(nanoUsd(period.held)),
        required: usdText(required),
        affordable_output_tokens: affordableTokens(nanoUsd(left), size),
        resets_at: period.endMs === null ? null : new Date(period.endMs).toISOString(),
      },
    },
  );
}

/** In whole credits what is left is rounded down. Where output costs nothing, it is the input that does not fit. */
function affordableTokens(left: NanoUsd, size: PricedSize): number {
  if (size.outputRate === 0n) return 0;
  const tokens = tokensFor(costWithin(left, size) - size.inputCost, size.outputRate * BigInt(size.answers));
  return Math.min(tokens, Number.MAX_SAFE_INTEGER);
}

/** Without a price nothing could be counted. */
export function unpricedError({ envelope }: Counter, model: string): CorvusError {
  return new CorvusError(
    'model_not_priced',
    `"${model}" has no price here, so the envelope "${envelope.name}" cannot count it. Set its price under Models or with "corvusllm prices set", use a model with a price, or let requests without one pass uncounted: "corvusllm envelopes change ${envelope.id} --unpriced allow", or Change on the Envelopes page.`,
    { param: 'model', body: { envelope: envelope.id } },
  );
}

function usd(amount: bigint): string {
  return `$${usdText(nanoUsd(amount))}`;
}

export function momentText(ms: number, timeZone: string): string {
  return `${momentFormat(timeZone).format(ms).replace(',', '')} (${timeZone})`;
}

/** By time zone: to make one takes longer than all else of a refusal. */
const momentFormats = new Map<string, Intl.DateTimeFormat>();

function momentFormat(timeZone: string): Intl.DateTimeFormat {
  const known = momentFormats.get(timeZone);
  if (known) return known;
  const [year, month, day, hour, minute] = ['numeric', '2-digit', '2-digit', '2-digit', '2-digit'] as const;
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year, month, day, hour, minute, hourCycle: 'h23' });
  momentFormats.set(timeZone, format);
  return format;
}
