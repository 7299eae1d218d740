import { describe, expect, test } from 'vitest';
import { createGrowingHold } from '#backend/inference/growing-hold.ts';
import type { HoldSize } from '#backend/inference/size-hold.ts';
import { CorvusError } from '#shared/errors.ts';
import { nanoUsd, type NanoUsd, zeroUsd } from '#shared/money.ts';

/** One nano-dollar a token; 100 of input, and 100 tokens of output covered. */
const size: HoldSize = {
  wanted: nanoUsd(200n),
  minimum: nanoUsd(116n),
  inputCost: nanoUsd(100n),
  outputRate: 1_000_000n,
  most: nanoUsd(10_000n),
};

function holdThat(grow: (wanted: NanoUsd, mayWait: boolean) => Promise<NanoUsd>, limitTokens: number | null = null) {
  const asked: boolean[] = [];
  const hold = createGrowingHold({
    size,
    held: nanoUsd(200n),
    limitTokens,
    grow: ({ wanted }, mayWait) => {
      asked.push(mayWait);
      return grow(wanted, mayWait);
    },
  });
  return { hold, asked };
}

const unavailable = new CorvusError('billing_unavailable');

describe('the hold of a stream', () => {
  test('grows ahead of time without holding the stream up, and waits once it has caught up', async () => {
    const { hold, asked } = holdThat(async (wanted) => wanted);
    expect([hold.cover(70), asked]).toEqual([true, []]);
    expect([hold.cover(80), asked]).toEqual([true, [false]]);
    await hold.idle();
    expect([hold.cover(400), hold.outputTokens]).toEqual([true, 400]);
  });

  test('without money it continues as far as the estimate may err, then ends: false, not an error', async () => {
    const { hold, asked } = holdThat(async () => zeroUsd);
    expect(await hold.cover(101)).toBe(true);
    expect([hold.cover(150), hold.cover(204)]).toEqual([true, true]);
    expect(await hold.cover(205)).toBe(false);
    expect(asked).toEqual([false, true]);
  });

  test('a ledger that fails is its own error, once the stream has used up what it has', async () => {
    const { hold, asked } = holdThat(() => Promise.reject(unavailable));
    expect(hold.cover(80)).toBe(true);
    await hold.idle();
    expect(await hold.cover(101)).toBe(true);
    expect(hold.cover(204)).toBe(true);
    expect(asked, 'it is not asked for every event').toEqual([false]);
    await expect(hold.cover(205)).rejects.toBe(unavailable);
    expect(asked).toEqual([false, true]);
  });

  test('a ledger that works again is used again', async () => {
    let isDown = true;
    const { hold } = holdThat((wanted) => (isDown ? Promise.reject(unavailable) : Promise.resolve(wanted)));
    expect(hold.cover(80)).toBe(true);
    await hold.idle();
    isDown = false;
    expect(await hold.cover(205)).toBe(true);
    expect(hold.cover(300)).toBe(true);
  });

  test('a ledger failure after running out of money is reported as a failure, and the other way round', async () => {
    const answers: (() => Promise<NanoUsd>)[] = [async () => zeroUsd, () => Promise.reject(unavailable)];
    const { hold } = holdThat(() => answers.shift()?.() ?? Promise.resolve(zeroUsd));
    expect(await hold.cover(101)).toBe(true);
    await expect(hold.cover(205)).rejects.toBe(unavailable);
    expect(await hold.cover(206)).toBe(false);
  });

  test('output beyond the caller’s own limit is not paid for, nor relayed (F07)', () => {
    const { hold } = holdThat(async (wanted) => wanted, 10);
    expect(hold.cover(10 * 3 + 256)).not.toBe(false);
    expect(() => hold.cover(10 * 3 + 257)).toThrow(CorvusError);
    expect(() => hold.cover(10 * 3 + 257)).toThrow('exceeded the output limit');
    expect(hold.outputTokens).toBe(286);
  });
});
