import type { Changing } from '#shared/changing.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { Relay } from '../reply/relay.ts';

/** An item of a stream that has to be paid for. */
export interface Priced {
  /** All output of the stream up to this item and with it. */
  readonly outputTokens: number;
}

export interface PayGate<Item extends Priced> {
  /**
   * Lets items pass at once or as soon as they are paid for, always in order. What is paid for passes, whatever came
   * with it.
   */
  offer(items: readonly Item[]): void;
  /** Resolves when nothing is pending. */
  idle(): Promise<void>;
  /** Why nothing passes any more; null while the gate works. */
  readonly refusal: CorvusError | null;
}

export interface PayGateDeps<Item extends Priced> {
  cover: Relay['cover'];
  pass(items: readonly Item[]): void;
  /** The upstream is asked to pause from `hold` to `release`. What arrives anyway is kept in order. */
  hold(): void;
  release(): void;
  /** Nothing will pass any more. */
  shut(): void;
}

/**
 * Lets a stream's events pass while the caller can pay for them, and keeps them back while more money is being
 * reserved.
 */
export function createPayGate<Item extends Priced>({
  cover,
  pass,
  hold,
  release,
  shut,
}: PayGateDeps<Item>): PayGate<Item> {
  const waiting: Item[] = [];
  let passing: Promise<void> | null = null;

  function refuse(reason: CorvusError): void {
    gate.refusal = reason;
    waiting.length = 0;
    shut();
  }

  /** Passes what is paid for already. @returns whether the next waiting item will be; null: nothing waits */
  function passPaid(): false | Promise<boolean> | null {
    let count = 0;
    try {
      for (const { outputTokens } of waiting) {
        const covered = cover?.(outputTokens) ?? true;
        if (covered !== true) return covered;
        count += 1;
      }
      return null;
    } catch (error) {
      waiting.length = count;
      throw error;
    } finally {
      if (count > 0) pass(waiting.splice(0, count));
    }
  }

  async function passWhenPaid(first: Promise<boolean>): Promise<void> {
    hold();
    try {
      for (let covered: false | Promise<boolean> | null = first; covered !== null; covered = passPaid()) {
        if (!(await covered)) return refuse(new CorvusError('insufficient_credits'));
        pass(waiting.splice(0, 1));
      }
    } catch (error) {
      refuse(toCorvusError(error));
    } finally {
      passing = null;
      release();
    }
  }

  const gate: Changing<PayGate<Item>> = {
    refusal: null,
    offer(items) {
      if (gate.refusal || items.length === 0) return;
      waiting.push(...items);
      if (passing) return;
      const covered = passPaid();
      if (covered === false) refuse(new CorvusError('insufficient_credits'));
      else if (covered !== null) passing = passWhenPaid(covered);
    },
    async idle() {
      while (passing) await passing;
    },
  };
  return gate;
}
