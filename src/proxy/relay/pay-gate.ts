import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { Relay } from '../reply/relay.ts';

export interface PayGate<Item> {
  /** Lets items pass at once or as soon as they are paid for, always in order. */
  offer(items: readonly Item[], outputTokens: number): void;
  /** Resolves when nothing is pending. */
  idle(): Promise<void>;
  /** Why nothing passes any more; null while the gate works. */
  readonly refusal: CorvusError | null;
}

export interface PayGateDeps<Item> {
  cover: Relay['cover'];
  pass(items: readonly Item[], outputTokens: number): void;
  /** The upstream is asked to pause from `hold` to `release`. What arrives anyway is kept in order. */
  hold(): void;
  release(): void;
  /** Nothing will pass any more. */
  shut(): void;
}

/** Lets a stream's events pass while the caller can pay for them, and keeps them back while more money is being reserved. */
export function createPayGate<Item>({ cover, pass, hold, release, shut }: PayGateDeps<Item>): PayGate<Item> {
  const waiting: Item[] = [];
  let waitingTokens = 0;
  let passing: Promise<void> | null = null;
  let refusal: CorvusError | null = null;

  function refuse(reason: CorvusError): void {
    refusal = reason;
    waiting.length = 0;
    shut();
  }

  async function passWhenPaid(first: Promise<boolean>): Promise<void> {
    hold();
    try {
      let count = waiting.length;
      let tokens = waitingTokens;
      let isPaid = await first;
      while (isPaid) {
        pass(waiting.splice(0, count), tokens);
        if (waiting.length === 0) return;
        count = waiting.length;
        tokens = waitingTokens;
        isPaid = (await cover?.(tokens)) ?? true;
      }
      refuse(new CorvusError('insufficient_credits'));
    } catch (error) {
      refuse(toCorvusError(error));
    } finally {
      passing = null;
      release();
    }
  }

  return {
    offer(items, outputTokens) {
      if (refusal || items.length === 0) return;
      if (passing) {
        waiting.push(...items);
        waitingTokens = outputTokens;
        return;
      }
      const covered = cover?.(outputTokens) ?? true;
      if (covered === true) pass(items, outputTokens);
      else if (covered === false) refuse(new CorvusError('insufficient_credits'));
      else {
        waiting.push(...items);
        waitingTokens = outputTokens;
        passing = passWhenPaid(covered);
      }
    },
    async idle() {
      while (passing) await passing;
    },
    get refusal() {
      return refusal;
    },
  };
}
