import { expect, test } from 'vitest';
import { firstByteTimeoutMs } from '#proxy/upstream/first-byte-timeout.ts';
import { standardFirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';

test.each([
  ['gpt-4.1', false, 180_000],
  ['an-unknown-model', false, 180_000],
  ['o3', false, 600_000],
  ['openai/gpt-5.5', false, 600_000],
  ['claude-opus-5', false, 600_000],
  ['llama3.2', true, 900_000],
  ['gpt-5.5', true, 900_000],
] as const)(
  '%s, local: %s, has %d ms to begin, and more than the two minutes for which any model may think',
  (model, isLocal, expected) => {
    expect(firstByteTimeoutMs(standardFirstByteTimeouts, model, isLocal)).toBe(expected);
    expect(expected).toBeGreaterThan(120_000);
  },
);

test('a server of one’s own has the longer of both where a model reasons', () => {
  expect(firstByteTimeoutMs({ usual: 10, reasoning: 60, local: 30 }, 'o3', true)).toBe(60_000);
});
