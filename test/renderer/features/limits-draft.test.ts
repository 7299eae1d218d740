import { expect, test } from 'vitest';
import { noLimits } from '#shared/domain/local-key.ts';
import { draftOf, readLimits } from '../../../src/renderer/features/keys/limits-draft.ts';

test('limits of a key survive their form', () => {
  const limits = {
    ...noLimits,
    requestsPerMinute: 1_000,
    models: ['gpt-*', 'claude-haiku-4-5'],
    maxCostUsd: '0.50',
    waitMinutes: 5,
    switchLane: 'ask',
    expiresAtMs: new Date(2027, 1, 1).getTime(),
  } as const;
  const draft = draftOf({ ...limits, models: [...limits.models] });
  expect(draft.expiresAtMs).toBe('2027-01-31');
  expect(readLimits(draft)).toEqual({ limits, problems: {} });
});

test('each field that cannot be taken says why', () => {
  const wrong = {
    requestsPerMinute: 'abc',
    tokensPerMinute: '-1',
    concurrency: '1.5',
    maxCostUsd: '-3',
    waitMinutes: '61',
  };
  const { limits, problems } = readLimits({ ...draftOf(noLimits), ...wrong });
  expect(limits).toBeNull();
  expect(Object.keys(problems).toSorted()).toEqual(Object.keys(wrong).toSorted());
  const { problems: asks } = readLimits({ ...draftOf(noLimits), switchLane: 'ask' });
  expect(asks).toEqual({ switchLane: 'Only a request that waits can ask: set the minutes to wait too.' });
});
