import { expect, test } from 'vitest';
import { createSteepSpend } from '#core/repeats/steep-spend.ts';
import { createToolLoops } from '#core/repeats/tool-loops.ts';
import { noLimits } from '#shared/domain/local-key.ts';
import { type LocalKeyId, localKeyIdSchema } from '#shared/ids.ts';
import { nanoUsd } from '#shared/money.ts';
import { eventually } from '../../support/eventually.ts';
import { testCall } from '../../support/open-test-ledger.ts';
import { begun, finished, openTestStore, quiet, realClock } from '../../support/store-fixture.ts';

const nowMs = Date.parse('2026-11-28T10:40:00Z');
const quarterMs = 900_000;
const keyNamed = (digit: string) => localKeyIdSchema.parse(`lk_01a223dd00417d368c1301a107c7bc6${digit}`);

test('a key that spends far above its own past is told once, and stopped where the person said so', async () => {
  await using opened = await openTestStore();
  const { store } = opened;
  let now = nowMs;
  const clock = { ...realClock, nowMs: () => now };
  const spend = (localKeyId: LocalKeyId, atMs: number, dollars: number) => {
    const request = begun({ createdAtMs: atMs, localKeyId, lane: 'byok', provider: 'mine' });
    const metered = nanoUsd(BigInt(dollars * 1e9));
    store.requests.begin(request);
    store.requests.finish(
      finished(request.id, { lane: 'byok', provider: 'mine', usage: null, meteredCostNanoUsd: metered }),
    );
  };
  const [steep, steady, young] = [keyNamed('1'), keyNamed('2'), keyNamed('3')];
  for (let quarter = 1; quarter <= 10; quarter += 1) {
    spend(steep, nowMs - quarter * quarterMs, 0.25);
    spend(steady, nowMs - quarter * quarterMs, 2);
    if (quarter <= 7) spend(young, nowMs - quarter * quarterMs, 0.25);
  }
  await store.rollups.quarterCosts(0, nowMs);
  await using stack = new AsyncDisposableStack();
  const steepSpend = createSteepSpend({ clock, logger: quiet, store });
  stack.defer(steepSpend.stop);
  for (const key of [steep, steady, young]) spend(key, nowMs, 3);
  await eventually(() => expect(steepSpend.of(steep)).toMatchObject({ spent: 3_000_000_000n, usual: 250_000_000n }));
  expect([steepSpend.of(steady), steepSpend.of(young)]).toEqual([null, null]);

  const shown: string[] = [];
  const notify = { show: ({ title }: { title: string }) => void shown.push(title) };
  const loops = createToolLoops({ clock, notify, emit: () => undefined, steepSpend });
  stack.defer(loops.stop);
  const caller = {
    id: steep,
    label: 'Agent',
    route: 'auto' as const,
    steadiesAttribution: false,
    limits: noLimits,
  };
  const stopping = { ...caller, limits: { ...noLimits, stopsLoops: true } };
  loops.check(testCall(), caller);
  expect(() => loops.check(testCall(), stopping)).toThrow(/spends far more than usual\. \$3\.00 within a quarter/);
  const [found] = await loops.handlers['loops.list'](undefined);
  expect(found).toMatchObject({ kind: 'steep-spend', state: 'stopped', spent: '3.00', usual: '0.25' });
  await loops.handlers['loops.let-through']({ id: found?.id ?? '' });
  loops.check(testCall(), stopping);
  expect(shown).toEqual(['Agent spends far more than usual']);
  now += quarterMs;
  expect(steepSpend.of(steep)).toBeNull();
});

test('where requests cost nothing, nothing is read', async () => {
  await using opened = await openTestStore();
  const { store } = opened;
  const asked: string[] = [];
  const rollups: typeof store.rollups = {
    ...store.rollups,
    quarterCosts: (...span) => {
      asked.push('costs');
      return store.rollups.quarterCosts(...span);
    },
  };
  await using stack = new AsyncDisposableStack();
  const steepSpend = createSteepSpend({ clock: realClock, logger: quiet, store: { ...store, rollups } });
  stack.defer(steepSpend.stop);
  const end = (dollars: number) => {
    const request = begun({
      createdAtMs: realClock.nowMs(),
      localKeyId: keyNamed('1'),
      lane: 'byok',
      provider: 'mine',
    });
    store.requests.begin(request);
    const metered = nanoUsd(BigInt(dollars * 1e9));
    store.requests.finish(
      finished(request.id, { lane: 'byok', provider: 'mine', usage: null, meteredCostNanoUsd: metered }),
    );
    return request.id;
  };
  const free = end(0);
  await eventually(async () => expect((await store.requests.get(free))?.status).toBe('completed'));
  expect(asked).toEqual([]);
  end(1);
  await eventually(() => expect(asked).toEqual(['costs']));
});
