import type { RequestFacts } from '#proxy/call.ts';
import type { KnownPrice } from '#shared/domain/model-price.ts';
import { costOfOutput } from '#shared/metering/output-cost.ts';
import type { RequestId } from '#shared/ids.ts';
import { type NanoUsd, nanoUsd, parseUsd } from '#shared/money.ts';

/** What the account said last. */
export interface PrepaidFigure {
  /** Its balance less its holds. */
  spendable: NanoUsd;
  confirmedAtMs: number;
  /** Whether any change since would have been heard. */
  isFresh: boolean;
}

/** What the prepaid account has for new requests, as far as it is known here. */
export interface PrepaidRoom {
  /** null: not known, or not confirmed lately. */
  left(): NanoUsd | null;
  /** The input of requests that were sent since the account said what it holds. */
  inFlight(): NanoUsd;
  sent(id: RequestId, facts: SizedFacts, price: KnownPrice | null): void;
  ended(id: RequestId): void;
}

type SizedFacts = Pick<RequestFacts, 'inputTokenEstimate' | 'maxOutputTokens' | 'choices'>;

export function createPrepaidRoom(figure: () => PrepaidFigure | null, nowMs: () => number): PrepaidRoom {
  /** What the account may not know of yet, in the order in which it was sent. */
  const running = new Map<RequestId, { sentAtMs: number; inputCost: bigint }>();
  let sum = 0n;

  function ended(id: RequestId): void {
    sum -= running.get(id)?.inputCost ?? 0n;
    running.delete(id);
  }

  function sentSince(confirmedAtMs: number): NanoUsd {
    for (const [id, { sentAtMs }] of running) {
      if (sentAtMs > confirmedAtMs) break;
      ended(id);
    }
    return nanoUsd(sum);
  }

  return {
    left() {
      const known = figure();
      return known?.isFresh ? nanoUsd(known.spendable - sentSince(known.confirmedAtMs)) : null;
    },
    inFlight: () => sentSince(figure()?.confirmedAtMs ?? 0),
    sent(id, { inputTokenEstimate }, price) {
      const inputCost = price === null ? 0n : costOfOutput(inputTokenEstimate, dearestRates(price).input);
      running.set(id, { sentAtMs: nowMs(), inputCost });
      sum += inputCost;
    },
    ended,
  };
}

/**
 * Whether so much pays for the dearest that a call can become: then its body need not be looked at. Nothing is known of
 * a call without a price.
 */
export function coversAnyway(
  room: NanoUsd,
  { inputTokenEstimate, maxOutputTokens, choices }: SizedFacts,
  price: KnownPrice,
): boolean {
  const longest = Math.min(
    maxOutputTokens ?? Number.POSITIVE_INFINITY,
    price.maxOutputTokens ?? Number.POSITIVE_INFINITY,
  );
  if (!Number.isFinite(longest)) return false;
  const { input, output } = dearestRates(price);
  return costOfOutput(inputTokenEstimate, input) + costOfOutput(longest * choices, output) <= room;
}

interface Rates {
  input: bigint;
  output: bigint;
}

const known = new WeakMap<KnownPrice, Rates>();

/** The dearest kind of input and of output, in nano-dollars per million tokens. */
function dearestRates(price: KnownPrice): Rates {
  const before = known.get(price);
  if (before) return before;
  const rows = [price, ...(price.tiers ?? []), ...(price.variants ?? [])].map(({ prices }) => prices);
  const dearest = (isWanted: (name: string) => boolean): bigint =>
    rows
      .flatMap((row) => Object.entries(row))
      .map(([name, rate]) => (isWanted(name) ? (parseUsd(rate) ?? 0n) : 0n))
      .reduce((most: bigint, rate) => (rate > most ? rate : most), 0n);
  const rates = { input: dearest((name) => !outputNames.has(name)), output: dearest((name) => outputNames.has(name)) };
  known.set(price, rates);
  return rates;
}

const outputNames: ReadonlySet<string> = new Set(['output', 'reasoning', 'outputAudio']);
