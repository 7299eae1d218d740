import { expect, test } from 'vitest';
import { startRetention } from '#core/requests/retention.ts';
import { anyUsage, noFilter } from '#shared/contract/no-filter.ts';
import { dayMs, hourMs } from '#shared/time.ts';
import { eventually } from '../../support/eventually.ts';
import { begun, finished, openTestStore, quiet } from '../../support/store-fixture.ts';
import { createTestClock } from '../../support/test-clock.ts';

const dayMsOfTen = 1_800_000_000_000 - (1_800_000_000_000 % dayMs);

test('above its size the oldest requests go, hour by hour; the last day and all sums stay', async () => {
  await using opened = await openTestStore();
  const { store } = opened;
  const nowMs = dayMsOfTen + 10 * dayMs;
  const open = begun({ createdAtMs: dayMsOfTen - hourMs });
  store.requests.begin(open);
  for (let day = 0; day < 10; day += 1) {
    for (let index = 0; index < 240; index += 1) {
      const request = begun({ createdAtMs: dayMsOfTen + day * dayMs + index * 360_000, userAgent: 'x'.repeat(200) });
      store.requests.begin(request);
      store.requests.finish(finished(request.id));
    }
  }
  const count = async () => (await store.requests.sum({ ...noFilter, status: 'ended', match: null })).requests;
  const rollups = async () => (await store.rollups.sum([0, nowMs], 'lane', anyUsage))[0]?.[0]?.requests;
  expect(await count()).toBe(2_400);
  const { usedBytes, fileBytes } = await store.storage.size();
  let historyMegabytes: number | null = usedBytes / 2 / 1_000_000;
  const settings = () => ({ retentionDays: null, keepReasoning: true, historyMegabytes });
  const clock = createTestClock(nowMs);
  const retention = startRetention({
    clock,
    logger: quiet,
    store,
    captures: { clean: async () => undefined },
    settings,
  });
  await eventually(async () => expect((await store.storage.size()).usedBytes).toBeLessThanOrEqual(usedBytes / 2));
  const left = await count();
  expect(left).toBeGreaterThan(240);
  expect(left).toBeLessThan(2_000);
  const { oldestRequestMs, fileBytes: fileAfter } = await store.storage.size();
  // Lists and sums agree: whole quarters of an hour went.
  expect((oldestRequestMs ?? 0) % 900_000).toBe(0);
  expect(await rollups()).toBe(2_400);
  expect(fileAfter).toBe(fileBytes);

  historyMegabytes = 0;
  clock.advance(hourMs);
  await eventually(async () => expect(await count()).toBeLessThanOrEqual(240));
  // A day less the hour that the clock went on.
  expect(await count()).toBeGreaterThanOrEqual(230);
  expect(await rollups()).toBe(2_400);
  expect(await store.requests.get(open.id)).toMatchObject({ status: 'open' });
  retention.stop();
});
