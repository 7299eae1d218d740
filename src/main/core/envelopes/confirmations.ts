import type { RequestSummary } from '#shared/account/request.ts';
import type { RequestId } from '#shared/ids.ts';
import { parseUsd } from '#shared/money.ts';
import type { UnconfirmedSpend } from '../store/tables/envelopes-table.ts';
import type { Counter, EnvelopeCounters } from './envelope-counters.ts';

interface Share {
  counter: Counter;
  counted: bigint;
}

/**
 * Requests that have ended, and whose cost may still turn out to be another: of the prepaid account until it has charged
 * them, and those of which nothing is known until their answer is fetched.
 */
export interface Confirmations {
  /** The requests that were not confirmed when the program started. */
  load(unconfirmed: readonly UnconfirmedSpend[]): void;
  expect(requestId: RequestId, shares: readonly Share[]): void;
  /** Counts what they really cost. @returns the counters that changed */
  take(rows: readonly RequestSummary[]): Counter[];
}

/** Older ones keep what was counted. */
export const mostUnconfirmed = 10_000;

export function createConfirmations(counters: EnvelopeCounters): Confirmations {
  const expected = new Map<RequestId, readonly { counter: Counter; counted: bigint }[]>();

  function add(requestId: RequestId, shares: readonly Share[]): void {
    if (shares.length === 0) return;
    expected.set(requestId, shares);
    const [oldest] = expected.keys();
    if (expected.size > mostUnconfirmed && oldest !== undefined) expected.delete(oldest);
  }

  return {
    load(unconfirmed) {
      for (const { requestId, holds, costNanoUsd } of unconfirmed.toReversed()) {
        const shares = holds.flatMap(({ envelopeId, periodStartMs, heldNanoUsd }) => {
          const counter = counters.at(envelopeId, periodStartMs);
          return counter ? [{ counter, counted: costNanoUsd ?? heldNanoUsd }] : [];
        });
        add(requestId, shares);
      }
    },
    expect: add,
    take(rows) {
      const changed: Counter[] = [];
      for (const { id, lane, cost, costKind } of rows) {
        const shares = expected.get(id);
        const isFinal = lane !== 'prepaid' || costKind === 'settled';
        const charged = cost === null || !isFinal ? null : parseUsd(cost);
        if (!shares || charged === null || shares.every(({ counted }) => counted === charged)) continue;
        for (const { counter, counted } of shares) counter.period.spent += charged - counted;
        expected.set(
          id,
          shares.map(({ counter }) => ({ counter, counted: charged })),
        );
        changed.push(...shares.map(({ counter }) => counter));
      }
      return changed;
    },
  };
}
