import type { RequestFacts } from '#proxy/call.ts';
import type { AccountFigure } from '#shared/account/account-figure.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import type { KnownPrice } from '#shared/domain/model-price.ts';
import { costOfOutput } from '#shared/metering/output-cost.ts';
import type { RequestId } from '#shared/ids.ts';
import { atLeastZero, type NanoUsd, nanoUsd, parseUsd } from '#shared/money.ts';

/**
 * What the prepaid account has for new requests, as far as it is known here. Its messages may be older than what was
 * sent or has ended since, however late they arrive, so a request counts here until the balance has a line for it. What the
 * account holds is for such requests too: the greater of both is taken.
 */
export interface PrepaidRoom {
  /** null: not known, or not confirmed lately. */
  left(): NanoUsd | null;
  /** The least that requests from this machine cost beyond the holds and charges that the account has reported. */
  inFlight(): NanoUsd;
  /**
   * Replaces an earlier attempt of the same request.
   * @param price of the account; null: not known, or the account is not the first that is asked
   */
  sent(id: RequestId, facts: SizedFacts, price: KnownPrice | null): EndSent;
  /** Lines of its statement have come. */
  charged(lines: readonly StatementLine[]): void;
}

/** It has ended. @param cost null: not known */
export type EndSent = (cost: NanoUsd | null) => void;

type SizedFacts = Pick<RequestFacts, 'inputTokenEstimate' | 'maxOutputTokens' | 'choices'>;
type StatementLine = Pick<LedgerLine, 'requestId' | 'sequence'>;

/** A charge arrives at once or not at all: the account charges nothing for an answer that never began. */
const longestWaitMs = 10_000;

export function createPrepaidRoom(figure: () => AccountFigure | null, nowMs: () => number): PrepaidRoom {
  const uncounted = createUncounted();
  let accountId: string | null = null;
  /** The result of the last look; null: lines have arrived since. */
  let before: AccountFigure | null = null;

  /** Forgets what it counts. */
  function look(): AccountFigure | null {
    const said = figure();
    if (!said) return null;
    if (accountId !== null && accountId !== said.accountId) uncounted.clear();
    accountId = said.accountId;
    const hasSpoken = said.confirmedAtMs !== before?.confirmedAtMs || said.ledgerSequence !== before.ledgerSequence;
    if (hasSpoken) uncounted.forget(said, nowMs());
    before = said;
    return said;
  }

  const beyond = ({ held }: AccountFigure): NanoUsd => atLeastZero(uncounted.sum() - held);

  return {
    left() {
      const said = look();
      return said?.isFresh ? nanoUsd(said.spendable - beyond(said)) : null;
    },
    inFlight() {
      const said = look();
      return said?.isFresh ? beyond(said) : nanoUsd(uncounted.sum());
    },
    sent(id, { inputTokenEstimate }, price) {
      const end = uncounted.begin(
        id,
        price === null ? 0n : costOfOutput(inputTokenEstimate, dearestRates(price).input),
      );
      // Without a fresh report, the charge may never be seen, so nothing is counted. Looks here too, because calls
      // without a price never ask what is left.
      return (cost) => end(look()?.isFresh ? cost : 0n, nowMs());
    },
    charged(lines) {
      uncounted.expect(lines);
      before = null;
    },
  };
}

interface Uncounted {
  /** The cost that is known so far. */
  amount: bigint;
  /** null: still running. */
  endedAtMs: number | null;
  /** The statement line of its charge. */
  line: number | null;
}

/** Requests whose charge is not in the balance yet. */
function createUncounted() {
  const requests = new Map<string, Uncounted>();
  let sum = 0n;

  function remove(id: string): void {
    sum -= requests.get(id)?.amount ?? 0n;
    requests.delete(id);
  }

  return {
    sum: () => sum,
    begin(id: string, amount: bigint) {
      remove(id);
      const request: Uncounted = { amount, endedAtMs: null, line: null };
      requests.set(id, request);
      sum += amount;
      /** @param cost null: what was counted so far */
      return (cost: bigint | null, atMs: number): void => {
        // It was charged and counted before its end was seen, or it was sent in another way.
        if (requests.get(id) !== request) return;
        if (cost !== null) {
          sum += cost - request.amount;
          request.amount = cost;
        }
        request.endedAtMs = atMs;
        if (request.amount === 0n) remove(id);
      };
    },
    expect(charged: readonly StatementLine[]): void {
      for (const { requestId, sequence } of charged) {
        const request = requestId === null ? null : requests.get(requestId);
        if (request) request.line = sequence;
      }
    },
    /** Those with a line up to this one, and those that got none although the account was heard long after their end. */
    forget(
      { ledgerSequence, confirmedAtMs }: Pick<AccountFigure, 'ledgerSequence' | 'confirmedAtMs'>,
      atMs: number,
    ): void {
      for (const [id, request] of requests) {
        const { line, endedAtMs } = request;
        const isCounted = line !== null && line <= ledgerSequence;
        const gotNone = line === null && endedAtMs !== null && confirmedAtMs - endedAtMs > longestWaitMs;
        if (isCounted || gotNone) remove(id);
        // The clock was set back: it waits from now.
        else if (endedAtMs !== null && endedAtMs > atMs) request.endedAtMs = atMs;
      }
    },
    clear(): void {
      requests.clear();
      sum = 0n;
    },
  };
}

/**
 * Whether this amount covers the most expensive form of the call, in which case its body need not be examined. false
 * for a call without a price.
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

const ratesOf = new WeakMap<KnownPrice, Rates>();

/** The dearest kind of input and of output, in nano-dollars per million tokens. */
function dearestRates(price: KnownPrice): Rates {
  const known = ratesOf.get(price);
  if (known) return known;
  const rows = [price, ...(price.tiers ?? []), ...(price.variants ?? [])].map(({ prices }) => prices);
  const dearest = (isWanted: (name: string) => boolean): bigint =>
    rows
      .flatMap((row) => Object.entries(row))
      .map(([name, rate]) => (isWanted(name) ? (parseUsd(rate) ?? 0n) : 0n))
      .reduce((most: bigint, rate) => (rate > most ? rate : most), 0n);
  const rates = { input: dearest((name) => !outputNames.has(name)), output: dearest((name) => outputNames.has(name)) };
  ratesOf.set(price, rates);
  return rates;
}

const outputNames: ReadonlySet<string> = new Set(['output', 'reasoning', 'outputAudio']);
