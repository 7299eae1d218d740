import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { pooledRandom } from '#shared/random-pool.ts';

test('short pieces are cut from few draws, and no byte is given out twice', () => {
  const draws: Uint8Array[] = [];
  const random = pooledRandom((count) => {
    const drawn = Uint8Array.from(randomBytes(count));
    draws.push(drawn);
    return drawn;
  });
  const given = Array.from({ length: 2_000 }, (_, index) => random.bytes(1 + (index % 16)));
  expect(draws.length).toBeLessThan(10);
  const inOrder = Buffer.concat(given);
  const drawn = Buffer.concat(draws);
  // What is left at the end of a draw is dropped, so the pieces follow each other in what was drawn.
  let at = 0;
  for (const piece of given) {
    at = drawn.indexOf(piece, at);
    expect(at).not.toBe(-1);
    at += piece.length;
  }
  expect(inOrder.length).toBeLessThanOrEqual(drawn.length);
  given[0]?.fill(0);
  expect(random.bytes(16)).toHaveLength(16);
});

test('what may become a secret is drawn for itself', () => {
  const asked: number[] = [];
  const random = pooledRandom((count) => {
    asked.push(count);
    return randomBytes(count);
  });
  random.bytes(32);
  random.bytes(32);
  expect(asked).toEqual([32, 32]);
});
