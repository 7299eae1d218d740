import { statSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRefusalsService } from '#core/gateway/refusals-service.ts';
import type { Store } from '#core/store/store.ts';
import { refusedWords } from '#shared/domain/refused-calls.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { openTestStore, quiet, realClock } from '../support/store-fixture.ts';

const call = {
  receivedAtMs: 1_700_000_000_000,
  endpoint: '/v1/chat/completions',
  userAgent: 'curl/8',
  httpStatus: 401,
} as const;

function startRefusals(store: Pick<Store, 'refusals'>) {
  const emitted: string[] = [];
  const service = createRefusalsService({
    clock: realClock,
    logger: quiet,
    store,
    emit: (name) => void emitted.push(name),
  });
  return { ...service, emitted, list: () => service.handlers['requests.refusals'](undefined) };
}

function diskBytes(databasePath: string): number {
  return ['', '-wal'].reduce(
    (sum, suffix) => sum + (statSync(databasePath + suffix, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

test('20,000 refused calls with 14 kB of name each leave less than 100 kB, and are all counted (F23)', async () => {
  await using opened = await openTestStore();
  const before = diskBytes(opened.databasePath);
  const refusals = startRefusals(opened.store);
  for (let index = 0; index < 20_000; index += 1) {
    const userAgent = `${index} Mozilla/5.0 ${'x'.repeat(14_000)}`;
    refusals.note({
      ...call,
      receivedAtMs: call.receivedAtMs + index,
      endpoint: `/v1/${index}`,
      userAgent,
      errorCode: 'invalid_api_key',
    });
    if (index % 1_000 === 0) await refusals.list();
  }
  const { total, kinds } = await refusals.list();
  expect(total).toBe(20_000);
  expect(kinds).toHaveLength(50);
  expect(JSON.stringify(kinds).length).toBeLessThan(20_000);
  await refusals.stop();
  await opened.reopen();
  expect(diskBytes(opened.databasePath) - before).toBeLessThan(100_000);
  expect(await opened.store.refusals.list()).toMatchObject({ total: 20_000 });
  expect((await opened.store.requests.list(noFilter, null, 1)).rows).toEqual([]);
});

test('calls refused alike are one line with a count; a wrong key is visible at once (F23)', async () => {
  await using opened = await openTestStore();
  const refusals = startRefusals(opened.store);
  refusals.note({ ...call, errorCode: 'invalid_api_key' });
  expect(refusals.emitted).toEqual(['requests.refused']);
  for (let index = 1; index <= 3; index += 1)
    refusals.note({ ...call, receivedAtMs: call.receivedAtMs + index, errorCode: 'invalid_api_key' });
  refusals.note({
    ...call,
    receivedAtMs: call.receivedAtMs + 9,
    userAgent: null,
    httpStatus: 403,
    errorCode: 'origin_not_allowed',
  });
  const listed = await refusals.list();
  expect(listed).toEqual({
    total: 5,
    kinds: [
      {
        errorCode: 'origin_not_allowed',
        httpStatus: 403,
        endpoint: call.endpoint,
        userAgent: null,
        count: 1,
        firstAtMs: call.receivedAtMs + 9,
        lastAtMs: call.receivedAtMs + 9,
      },
      {
        errorCode: 'invalid_api_key',
        httpStatus: 401,
        endpoint: call.endpoint,
        userAgent: 'curl/8',
        count: 4,
        firstAtMs: call.receivedAtMs,
        lastAtMs: call.receivedAtMs + 3,
      },
    ],
  });
  expect(refusedWords(listed, () => '14:03')).toBe(
    '5 calls were refused without a valid key or a known path, or about a stored answer, the last at 14:03 from a program without a name: origin_not_allowed at /v1/chat/completions',
  );
  expect(refusedWords({ total: 0, kinds: [] }, () => '')).toBeNull();
  await refusals.stop();
});

test('the sum is right in any order of calls, writes and reads (F23)', async () => {
  await using opened = await openTestStore();
  let expected = 0;
  const step = fc.oneof(
    fc.record({
      endpoint: fc.string({ maxLength: 300 }),
      userAgent: fc.option(fc.string({ unit: 'binary', maxLength: 300 })),
      times: fc.integer({ min: 1, max: 200 }),
    }),
    fc.constant('look' as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const refusals = startRefusals(opened.store);
      for (const each of steps) {
        if (each === 'look') expect((await refusals.list()).total).toBe(expected);
        else
          for (let index = 0; index < each.times; index += 1, expected += 1)
            refusals.note({
              ...call,
              receivedAtMs: expected,
              endpoint: `${each.endpoint}${index}`,
              userAgent: each.userAgent,
              errorCode: 'route_not_found',
            });
      }
      await refusals.stop();
      const { total, kinds } = await opened.store.refusals.list();
      expect(total).toBe(expected);
      expect(kinds.length).toBeLessThanOrEqual(50);
    }),
    { numRuns: 25 },
  );
});

test('a disk that takes nothing loses no count, and a key in an address is not kept', async () => {
  await using opened = await openTestStore();
  let isFull = true;
  const count: Store['refusals']['count'] = (refused) =>
    isFull ? Promise.reject(new Error('full')) : opened.store.refusals.count(refused);
  const refusals = startRefusals({ refusals: { ...opened.store.refusals, count } });
  for (let index = 0; index < 70; index += 1)
    refusals.note({ ...call, endpoint: `/v1/sk-abcdefghijklmnop/${index}`, errorCode: 'route_not_found' });
  expect((await refusals.list()).total).toBe(0);
  isFull = false;
  const { total, kinds } = await refusals.list();
  expect(total).toBe(70);
  expect(JSON.stringify(kinds)).not.toContain('abcdefghijklmnop');
  await refusals.stop();
});

test('counts are deleted at the same age as rows', async () => {
  await using opened = await openTestStore();
  const refusals = startRefusals(opened.store);
  refusals.note({ ...call, errorCode: 'invalid_api_key' });
  refusals.note({ ...call, receivedAtMs: call.receivedAtMs + 10, userAgent: 'other', errorCode: 'invalid_api_key' });
  await refusals.stop();
  await opened.store.refusals.deleteBefore(call.receivedAtMs + 5);
  expect(await opened.store.refusals.list()).toMatchObject({ total: 1, kinds: [{ userAgent: 'other' }] });
});
