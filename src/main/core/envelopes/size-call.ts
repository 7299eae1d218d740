import type { Call } from '#proxy/call.ts';
import { inWholeCredits } from '#shared/account/request-billing.ts';
import type { Lane } from '#shared/account/request.ts';
import { isFree, type KnownPrice } from '#shared/domain/model-price.ts';
import { costOfOutput, dearestOutput, tokensFor } from '#shared/metering/output-cost.ts';
import { costAt, unitPricesFor, type UnitPrices } from '#shared/metering/price-usage.ts';
import { makeUsage, type UsageBucket } from '#shared/metering/usage.ts';
import { type NanoUsd, nanoUsd, parseUsd, roundDownToCents } from '#shared/money.ts';

/** Where a call may go, and what it is priced at there. */
export interface Place {
  /** null: other requests, its parts, answer it and pay. */
  lane: Lane | null;
  /** Provider id, or `account`. */
  provider: string;
  /** The model's name there. */
  model: string;
  /** null: not known. */
  price: KnownPrice | null;
  /** Whole credits are charged there, also for a model that is free. Absent: what the tokens cost. */
  inCredits?: boolean;
}

/** What a call can cost at one place. */
export type CallSize = { kind: 'free' } | { kind: 'unpriced' } | PricedSize;

export interface PricedSize {
  kind: 'priced';
  inputCost: NanoUsd;
  /** Whole credits are charged for it. */
  inCredits: boolean;
  /** Nano-dollars per million tokens of output. */
  outputRate: bigint;
  /** How many answers are asked for; each may be as long as the limit. */
  answers: number;
  /** The caller's own limit for each answer; null: it set none. */
  callerLimit: number | null;
  /** The model's limit; null: not known. */
  modelLimit: number | null;
}

/** What to hold for a call where this much room is left. */
export type Fit =
  /** `outputLimit` is null where the upstream need not be told one. */
  | { kind: 'whole'; amount: NanoUsd; outputLimit: number | null }
  /** The room allows less output than was asked for. */
  | { kind: 'shortened'; amount: NanoUsd; outputLimit: number }
  | { kind: 'too-small' };

/** A shorter answer is of no use. */
const leastOutputTokens = 16;
/** What a call without a limit of its own may say even when that is a large part of the room. */
const unlimitedOutputTokens = 16_384;
/** The part of the room that a call without a limit of its own may take beyond that. */
const shareOfRoom = 4n;
/** The part of a balance that no answer is promised. */
const shareKept = 100n;

export function sizeCall(call: SizedCall, { lane, price, inCredits = false }: Place): CallSize {
  const { dialect, facts } = call;
  if (lane === null || lane === 'local' || costsNothing(call)) return { kind: 'free' };
  if (price === null) return { kind: 'unpriced' };
  if (isFree(price) && !inCredits) return { kind: 'free' };
  const prices = unitPricesFor(price, facts.inputTokenEstimate, facts.serviceTier);
  const rate = rateOf(prices, outputBucket(call, prices));
  const hasOutput = price.mode === 'chat' && dialect !== 'openai-passthrough';
  return {
    kind: 'priced',
    inCredits,
    inputCost: costAt(makeUsage({ [inputBucket(call, prices)]: facts.inputTokenEstimate }), prices),
    outputRate: hasOutput ? rate : 0n,
    answers: facts.choices,
    callerLimit: facts.maxOutputTokens,
    modelLimit: price.maxOutputTokens ?? null,
  };
}

/** Token counts and files are free everywhere. */
export function costsNothing({ endpoint, dialect }: Pick<Call, 'endpoint' | 'dialect'>): boolean {
  return dialect.endsWith('-count-tokens') || endpoint.startsWith('/v1/files');
}

/** What is charged for such a cost. */
export function chargeOf(cost: bigint, { inCredits }: Pick<PricedSize, 'inCredits'>): NanoUsd {
  return inCredits ? inWholeCredits(nanoUsd(cost)) : nanoUsd(cost);
}

/** The highest cost whose charge fits into this room. */
export function costWithin(room: NanoUsd, { inCredits }: PricedSize): NanoUsd {
  return inCredits ? roundDownToCents(room) : room;
}

export type SizedCall = Pick<Call, 'endpoint' | 'body' | 'dialect' | 'facts'>;

/** @param room null: nothing limits it */
export function fitInto(room: NanoUsd | null, size: PricedSize): Fit {
  const { inputCost, callerLimit, modelLimit } = size;
  const outputRate = size.outputRate * BigInt(size.answers);
  const costOf = (tokens: number): NanoUsd => chargeOf(inputCost + costOfOutput(tokens, outputRate), size);
  if (outputRate === 0n)
    return room === null || costOf(0) <= room
      ? { kind: 'whole', amount: costOf(0), outputLimit: null }
      : { kind: 'too-small' };
  const known = Math.min(callerLimit ?? Number.POSITIVE_INFINITY, modelLimit ?? Number.POSITIVE_INFINITY);
  const generous = room === null ? known : tokensFor((room - inputCost) / shareOfRoom, outputRate);
  const wanted = callerLimit === null ? Math.min(known, Math.max(unlimitedOutputTokens, generous)) : known;
  if (room === null)
    return { kind: 'whole', amount: costOf(Number.isFinite(known) ? known : unlimitedOutputTokens), outputLimit: null };
  if (costOf(wanted) <= room)
    return { kind: 'whole', amount: costOf(wanted), outputLimit: wanted < known ? wanted : null };
  const affordable = tokensFor(costWithin(room, size) - inputCost, outputRate);
  if (affordable < Math.min(leastOutputTokens, wanted)) return { kind: 'too-small' };
  return { kind: 'shortened', amount: costOf(affordable), outputLimit: affordable };
}

/**
 * The output limit that this room pays for, where that is less than the call may say. null: it need not be told one, or
 * even the shortest answer does not fit.
 */
export function limitWithin(room: NanoUsd, size: PricedSize): number | null {
  const { inputCost, callerLimit, modelLimit, answers } = size;
  if (size.outputRate === 0n) return null;
  const known = Math.min(callerLimit ?? Number.POSITIVE_INFINITY, modelLimit ?? Number.POSITIVE_INFINITY);
  const wanted = Number.isFinite(known) ? known : unlimitedOutputTokens;
  // The account counts the input itself, and refuses what is a token too long.
  const margin = inputCost + room / shareKept;
  const affordable = tokensFor(costWithin(room, size) - inputCost - margin, size.outputRate * BigInt(answers));
  return affordable < wanted && affordable >= leastOutputTokens ? affordable : null;
}

/** The least that a call needs to be sent at all. */
export function leastCost(size: PricedSize): NanoUsd {
  const { inputCost, outputRate, answers, callerLimit } = size;
  const tokens = Math.min(leastOutputTokens, callerLimit ?? leastOutputTokens) * answers;
  return chargeOf(inputCost + costOfOutput(tokens, outputRate), size);
}

/**
 * The dearest kind of input that the call can cause. In Messages a caller asks for its cache; elsewhere the provider
 * decides by itself.
 */
export function inputBucket({ body, dialect }: SizedCall, prices: UnitPrices): UsageBucket {
  const asksToCache = body.includes('"cache_control"');
  const possible: UsageBucket[] = [
    'freshInput',
    ...(asksToCache || dialect !== 'anthropic-messages' ? (['cacheWrite5m'] as const) : []),
    ...(asksToCache && body.includes('"1h"') ? (['cacheWrite1h'] as const) : []),
    ...(body.includes(dialect === 'gemini' ? '"audio/' : '"input_audio"') ? (['audioInput'] as const) : []),
  ];
  return possible.reduce((dearest, bucket) => (isDearer(prices, bucket, dearest) ? bucket : dearest));
}

/** By these members a call asks for sound. */
const soundMembers = ['"modalities"', '"responseModalities"', '"response_modalities"'] as const;

/** The dearest kind of output that the call can cause. */
function outputBucket({ body }: SizedCall, prices: UnitPrices): UsageBucket {
  const said = dearestOutput(prices);
  const isSound = isDearer(prices, 'outputAudio', said) && soundMembers.some((name) => body.includes(name));
  return isSound ? 'outputAudio' : said;
}

function isDearer(prices: UnitPrices, bucket: UsageBucket, than: UsageBucket): boolean {
  return rateOf(prices, bucket) > rateOf(prices, than);
}

function rateOf(prices: UnitPrices, bucket: UsageBucket): bigint {
  return parseUsd(prices[bucket]) ?? 0n;
}
