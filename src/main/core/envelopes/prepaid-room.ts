import type { RequestFacts } from '#proxy/call.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import type { KnownPrice } from '#shared/domain/model-price.ts';
import { costOfOutput } from '#shared/metering/output-cost.ts';
import type { RequestId } from '#shared/ids.ts';
import { atLeastZero, type NanoUsd, nanoUsd, parseUsd } from '#shared/money.ts';

/** What the account said last. */
export interface PrepaidFigure {
  accountId: string;
  /** Its balance less its holds. */
  spendable: NanoUsd;
  held: NanoUsd;
  /** The newest line of its statement that is in these amounts. */
  ledgerSequence: number;
  /** Whether any change since would have been heard. */
  isFresh: boolean;
}

/**
 * What the prepaid account has for new requests, as far as it is known here. Its messages may be older than what was
 * sent or has ended since, however late they arrive, so a request counts here until the balance has a line for it. What the
 * account holds is for such requests too: the greater of both is taken.
 */
export interface PrepaidRoom {
  /** null: not known, or not confirmed lately. */
  left(): NanoUsd | null;
  /** What requests from here cost at least, beyond what the account said that it holds and has charged. */
  inFlight(): NanoUsd;
  /** @param price of the account; null: not known, or the account is not the first that is asked */
  sent(id: RequestId, facts: SizedFacts, price: KnownPrice | null): void;
  /** @param cost null: not known */
  ended(id: RequestId, cost: NanoUsd | null): void;
  /** Lines of its statement have come. */
  charged(lines: readonly StatementLine[]): void;
}

type SizedFacts = Pick<RequestFacts, 'inputTokenEstimate' | 'maxOutputTokens' | 'choices'>;
type StatementLine = Pick<LedgerLine, 'requestId' | 'sequence'>;

/** A charge comes at once, or there is none: the account takes nothing for an answer that never began. */
const longestWaitMs = 10_000;

export function createPrepaidRoom(figure: () => PrepaidFigure | null, nowMs: () => number): PrepaidRoom {
  const uncounted = createUncounted();
  let accountId: string | null = null;

  /** Forgets what it counts. */
  function known(): PrepaidFigure | null {
    const said = figure();
    if (!said) return null;
    if (accountId !== null && accountId !== said.accountId) uncounted.clear();
    accountId = said.accountId;
    uncounted.forget(said.ledgerSequence, nowMs());
    return said;
  }

  const beyond = ({ held }: PrepaidFigure): NanoUsd => atLeastZero(uncounted.sum() - held);

  return {
    left() {
      const said = known();
      return said?.isFresh ? nanoUsd(said.spendable - beyond(said)) : null;
    },
    inFlight() {
      const said = known();
      return said?.isFresh ? beyond(said) : nanoUsd(uncounted.sum());
    },
    sent(id, { inputTokenEstimate }, price) {
      uncounted.begin(id, price === null ? 0n : costOfOutput(inputTokenEstimate, dearestRates(price).input));
    },
    ended(id, cost) {
      // One that is not heard from never says more. Looked at also because calls without a price never ask what is left.
      uncounted.end(id, known()?.isFresh ? cost : 0n, nowMs());
    },
    charged: uncounted.expect,
  };
}

/** Requests whose charge is not in the balance, each with what it is known to cost. */
function createUncounted() {
  const running = new Map<string, bigint>();
  /** The first that ended first. */
  const ended = new Map<string, { amount: bigint; atMs: number }>();
  /** The line of those that are charged. */
  const lines = new Map<string, number>();
  let sum = 0n;

  function remove(id: string): void {
    sum -= running.get(id) ?? ended.get(id)?.amount ?? 0n;
    for (const known of [running, ended, lines]) known.delete(id);
  }

  return {
    sum: () => sum,
    begin(id: string, amount: bigint): void {
      remove(id);
      running.set(id, amount);
      sum += amount;
    },
    /** @param cost null: what was counted so far */
    end(id: string, cost: bigint | null, atMs: number): void {
      const before = running.get(id);
      // It was charged and counted before its end was seen, or another account paid.
      if (before === undefined) return;
      const amount = cost ?? before;
      if (amount === 0n) return remove(id);
      running.delete(id);
      ended.set(id, { amount, atMs });
      sum += amount - before;
    },
    expect(charged: readonly StatementLine[]): void {
      for (const { requestId, sequence } of charged)
        if (requestId !== null && (running.has(requestId) || ended.has(requestId))) lines.set(requestId, sequence);
    },
    /** Those with a line up to this one, and those that got none. */
    forget(sequence: number, atMs: number): void {
      for (const [id, line] of lines) if (line <= sequence) remove(id);
      for (const [id, { atMs: endedAtMs }] of ended) {
        if (Math.abs(atMs - endedAtMs) <= longestWaitMs) break;
        remove(id);
      }
    },
    clear(): void {
      for (const known of [running, ended, lines]) known.clear();
      sum = 0n;
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
