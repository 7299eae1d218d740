import type { Call, RequestFacts } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { costAt, unitPricesFor } from '#shared/metering/price-usage.ts';
import { makeUsage, type UsageBucket } from '#shared/metering/usage.ts';
import { type NanoUsd, nanoUsd, parseUsd } from '#shared/money.ts';
import type { HoldWish } from '../ledger/decide-hold.ts';

export interface HoldSize extends HoldWish {
  /** What the input is expected to cost at most. */
  inputCost: NanoUsd;
  /** Nano-dollars per million tokens of output, of all answers asked for together. */
  outputRate: bigint;
}

const tokensPerRate = 1_000_000n;
const leastOutputTokens = 16;
const unstreamedDefaultTokens = 4096;

/**
 * Sizes the first hold of a call: its input and a share of its output. A stream's hold grows while it is relayed, so
 * the share is small. An answer that comes in one piece cannot grow: its output limit is held.
 * @param forecastTokens what answers of this model were lately seen to need
 */
export function sizeHold({ facts, dialect, body }: Call, model: ModelPrice, forecastTokens: number): HoldSize {
  if (dialect === 'anthropic-count-tokens') return { wanted: nanoUsd(0n), minimum: nanoUsd(0n), inputCost: nanoUsd(0n), outputRate: 0n };
  // More than this the upstream refuses to read.
  const inputEstimate = Math.min(facts.inputTokenEstimate, model.contextTokens ?? Number.POSITIVE_INFINITY);
  const prices = unitPricesFor(model, inputEstimate, dearestTier(facts, model));
  const webSearches = mayStartSearch(body) ? 1 : 0;
  const inputCost = costAt(makeUsage({ [inputBucket(body)]: inputEstimate, webSearches }), prices);
  const rates = [prices.outputText, prices.outputReasoning].map((price) => parseUsd(price) ?? 0n);
  const outputRate = rates.reduce((highest, rate) => (rate > highest ? rate : highest), 0n) * BigInt(facts.choices);
  const [wantedTokens, leastTokens] = outputShare(facts, model, forecastTokens);
  return {
    inputCost,
    outputRate,
    wanted: nanoUsd(inputCost + costOfOutput(wantedTokens, outputRate)),
    minimum: nanoUsd(inputCost + costOfOutput(leastTokens, outputRate)),
  };
}

/** How much output is held for at first. */
export function outputToHold({ facts }: Call, model: ModelPrice, forecastTokens: number): number {
  const [wanted] = outputShare(facts, model, forecastTokens);
  return wanted;
}

/** What a call counts as against a limit of tokens until its usage is known. */
export function expectedTokensOf({ facts }: Call, forecastTokens: number): number {
  return facts.inputTokenEstimate + Math.min(facts.maxOutputTokens ?? Number.POSITIVE_INFINITY, forecastTokens);
}

/** How much output to hold for: what is wanted, and the least to begin with. */
function outputShare(facts: RequestFacts, model: ModelPrice, forecastTokens: number): [wanted: number, least: number] {
  const limit = facts.maxOutputTokens ?? model.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  if (facts.isStream) return [Math.min(limit, forecastTokens), Math.min(limit, leastOutputTokens)];
  // An answer in one piece cannot be ended early: what its caller allows it must be payable.
  if (facts.maxOutputTokens !== null) return [limit, limit];
  return [Math.min(limit, Math.max(unstreamedDefaultTokens, forecastTokens)), Math.min(limit, forecastTokens)];
}

export function costOfOutput(tokens: number, outputRate: bigint): NanoUsd {
  return nanoUsd((BigInt(Math.ceil(tokens)) * outputRate + tokensPerRate - 1n) / tokensPerRate);
}

/** How many tokens of output an amount pays for; infinite where output is free. */
export function tokensFor(amount: bigint, outputRate: bigint): number {
  if (outputRate === 0n) return Number.POSITIVE_INFINITY;
  return amount <= 0n ? 0 : Number((amount * tokensPerRate) / outputRate);
}

/** The tier that is asked for, where it costs more: a provider that has no room in it may still answer in the standard one. */
function dearestTier({ serviceTier }: RequestFacts, { prices, variants = [] }: ModelPrice): string | undefined {
  const asked = variants.find((variant) => variant.serviceTier === serviceTier);
  return asked && Number(asked.prices.output) > Number(prices.output) ? serviceTier : undefined;
}

function mayStartSearch(body: Buffer): boolean {
  return body.includes('"web_search');
}

/** Input that asks to be cached costs more than plain input; only the request says so beforehand. */
function inputBucket(body: Buffer): UsageBucket {
  if (!body.includes('"cache_control"')) return 'freshInput';
  return body.includes('"1h"') ? 'cacheWrite1h' : 'cacheWrite5m';
}
