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
  /** @param cost null: not known */
  ended(id: RequestId, cost: NanoUsd | null): void;
}

type SizedFacts = Pick<RequestFacts, 'inputTokenEstimate' | 'maxOutputTokens' | 'choices'>;

export function createPrepaidRoom(figure: () => PrepaidFigure | null, nowMs: () => number): PrepaidRoom {
  const running = createAmounts();
  /** What ended: the account settles it before its answer ends, but says so a little later. */
  const settled = createAmounts();

  return {
    left() {
      const known = figure();
      if (!known?.isFresh) return null;
      const { spendable, confirmedAtMs } = known;
      return nanoUsd(spendable - running.since(confirmedAtMs) - settled.since(confirmedAtMs));
    },
    inFlight: () => nanoUsd(running.since(figure()?.confirmedAtMs ?? 0)),
    sent(id, { inputTokenEstimate }, price) {
      const inputCost = price === null ? 0n : costOfOutput(inputTokenEstimate, dearestRates(price).input);
      running.add(id, nowMs(), inputCost);
    },
    ended(id, cost) {
      const inputCost = running.remove(id);
      const known = figure();
      // One that is not heard from never says more.
      if (!known?.isFresh) return;
      // Not only when a call asks what is left: those without a price never do.
      settled.since(known.confirmedAtMs);
      // Where the account has answered since, it knows of the hold.
      if (inputCost !== null) settled.add(id, nowMs(), cost ?? inputCost);
    },
  };
}

/** Amounts that the account may not know of yet, in the order in which they came. */
function createAmounts() {
  const amounts = new Map<RequestId, { atMs: number; amount: bigint }>();
  let sum = 0n;

  /** @returns what it was; null: it is not there (any more) */
  function remove(id: RequestId): bigint | null {
    const amount = amounts.get(id)?.amount ?? null;
    sum -= amount ?? 0n;
    amounts.delete(id);
    return amount;
  }

  return {
    remove,
    add(id: RequestId, atMs: number, amount: bigint): void {
      amounts.set(id, { atMs, amount });
      sum += amount;
    },
    /** The sum of those after a moment; the others are forgotten. */
    since(confirmedAtMs: number): bigint {
      for (const [id, { atMs }] of amounts) {
        if (atMs > confirmedAtMs) break;
        remove(id);
      }
      return sum;
    },
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
