import type { Changing } from '#shared/changing.ts';
import { CorvusError } from '#shared/errors.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { HoldRequest } from '../ledger/decide-hold.ts';
import { costOfOutput, tokensFor } from '#shared/metering/output-cost.ts';
import type { HoldSize } from './size-hold.ts';

export interface GrowingHold {
  /**
   * Whether this much output is paid for. Reserves more ahead of time; waits only when the stream has caught up.
   * Rejects with the reason when the reservation failed for another reason than lack of money, and throws
   * `output_limit_passed` for output that was not asked for.
   */
  cover(outputTokens: number): boolean | Promise<boolean>;
  /** Resolves when no reservation is under way. */
  idle(): Promise<void>;
  /** The highest number of output tokens seen. */
  readonly outputTokens: number;
}

export interface GrowingHoldDeps {
  size: HoldSize;
  held: NanoUsd;
  /** The caller's own limit, of all answers together; null: none. */
  limitTokens: number | null;
  /** Reserves more; resolves to what was added. `mayWait`: the stream is paused meanwhile. */
  grow(holdRequest: HoldRequest, mayWait: boolean): Promise<NanoUsd>;
}

/** Growth begins when this share of what is covered has been used. */
const growAtShare = 0.75;
const stepTokens = 512;
const leastStepTokens = 16;
/**
 * While it is relayed, output is only estimated, and the input estimate is high. A stream that cannot reserve more
 * continues until the estimate is this far beyond its hold. If the estimate was right after all, the difference is
 * written off.
 */
const estimateTolerance = 1.4;
const estimateToleranceTokens = 64;
/**
 * The same tolerance for the caller's own limit: short and long tokens differ this much, and an upstream that keeps to
 * the limit must not be cut off.
 */
const limitTolerance = 3;
const limitToleranceTokens = 256;

/** The incremental authorization of a stream: covers its output a step ahead, without a database write per chunk. */
export function createGrowingHold({ size, held, limitTokens, grow }: GrowingHoldDeps): GrowingHold {
  let covered = tokensFor(held - size.inputCost, size.outputRate);
  let growth: Promise<void> | null = null;
  /** No money could be added at this level: do not ask again before the stream has used it up. */
  let isDry = false;
  /** Why the last growth failed, other than for lack of money; the stream goes on until it has caught up. */
  let failure: { error: unknown } | null = null;
  const mostTokens = mostOutputFor(limitTokens);

  function startGrowth(mayWait: boolean): Promise<void> {
    const step = Math.max(stepTokens, covered, hold.outputTokens - covered);
    const holdRequest = {
      wanted: costOfOutput(step, size.outputRate),
      minimum: costOfOutput(leastStepTokens, size.outputRate),
    };
    failure = null;
    growth = grow(holdRequest, mayWait)
      .then((added) => {
        covered += tokensFor(added, size.outputRate);
        isDry = added === 0n;
      })
      .catch((error: unknown) => {
        failure = { error };
      })
      .finally(() => {
        growth = null;
      });
    return growth;
  }

  async function catchUp(): Promise<boolean> {
    if (growth) await growth;
    if (hold.outputTokens > covered && !isStuck()) await startGrowth(false);
    if (isWithinTolerance()) return true;
    await startGrowth(true);
    if (isWithinTolerance()) return true;
    throwFailure();
    return false;
  }

  /** Asking again would change nothing before the stream has used up what it has. */
  function isStuck(): boolean {
    return isDry || failure !== null;
  }

  function throwFailure(): void {
    if (failure) throw failure.error;
  }

  const isWithinTolerance = (): boolean => hold.outputTokens <= covered * estimateTolerance + estimateToleranceTokens;

  const hold: Changing<GrowingHold> = {
    outputTokens: 0,
    cover(tokens) {
      if (tokens > mostTokens) throw new CorvusError('output_limit_passed');
      hold.outputTokens = Math.max(hold.outputTokens, tokens);
      if (hold.outputTokens > covered && !(isStuck() && isWithinTolerance())) return catchUp();
      if (hold.outputTokens > covered * growAtShare && !growth && !isStuck()) void startGrowth(false);
      return true;
    },
    async idle() {
      while (growth) await growth;
    },
  };
  return hold;
}

/** More output than this was not asked for. */
function mostOutputFor(limitTokens: number | null): number {
  return limitTokens === null ? Number.POSITIVE_INFINITY : limitTokens * limitTolerance + limitToleranceTokens;
}
