import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFairSlots, type FairSlots, type FullSlots, type SlotOwner } from '#proxy/request/fair-slots.ts';
import { CorvusError } from '#shared/errors.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';

const waitMs = 10_000;
const never = new AbortController().signal;

function slotsWith(limits: { member: number; group: number; total: number }, mostWaiting = 100) {
  const clock = createTestClock();
  const refusals: FullSlots[] = [];
  const slots = createFairSlots({
    limits,
    clock,
    waitMs,
    mostWaiting,
    refusal(full) {
      refusals.push(full);
      return new CorvusError('rate_limit_exceeded');
    },
  });
  return { clock, slots, refusals };
}

const owner = (group: string, member = group): SlotOwner => ({ group, member });

/** Asks for places, and notes in which order they are given. */
function queue(slots: FairSlots) {
  const started: string[] = [];
  const leaves = new Map<string, () => void>();
  return {
    started,
    async ask(name: string, whose: SlotOwner, gone: AbortSignal = never): Promise<void> {
      const leave = await slots.enter(whose, gone);
      started.push(name);
      leaves.set(name, leave);
    },
    async leave(name: string): Promise<void> {
      leaves.get(name)?.();
      await settled();
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('slots for calls', () => {
  test('a caller with many requests waits behind its own: accounts take turns, and so do the keys of one account (F18)', async () => {
    const { slots } = slotsWith({ member: 9, group: 9, total: 1 });
    const line = queue(slots);
    await line.ask('running', owner('a', 'a1'));
    for (const [name, group, member] of [
      ['a1 first', 'a', 'a1'],
      ['a1 second', 'a', 'a1'],
      ['a1 third', 'a', 'a1'],
      ['a2 first', 'a', 'a2'],
      ['b first', 'b', 'b1'],
      ['c first', 'c', 'c1'],
    ] as const)
      void line.ask(name, owner(group, member));
    let last = 'running';
    for (let turn = 0; turn < 6; turn += 1) {
      await line.leave(last);
      last = line.started.at(-1) ?? '';
    }
    expect(line.started).toEqual(['running', 'a1 first', 'b first', 'c first', 'a2 first', 'a1 second', 'a1 third']);
  });

  test('a key or an account at its own limit does not delay others', async () => {
    const { slots } = slotsWith({ member: 2, group: 3, total: 4 });
    const line = queue(slots);
    await line.ask('a1', owner('a', 'key 1'));
    await line.ask('a2', owner('a', 'key 1'));
    void line.ask('a3 waits for its key', owner('a', 'key 1'));
    await line.ask('a4', owner('a', 'key 2'));
    void line.ask('a5 waits for its account', owner('a', 'key 2'));
    await line.ask('b1', owner('b'));
    expect(line.started).toEqual(['a1', 'a2', 'a4', 'b1']);
    expect([slots.running, slots.waiting]).toEqual([4, 2]);
  });

  test('after the wait the refusal names the limit and its state', async () => {
    const { slots, clock, refusals } = slotsWith({ member: 1, group: 1, total: 9 });
    void slots.enter(owner('a'), never);
    const waiting = slots.enter(owner('a'), never);
    const second = slots.enter(owner('a', 'other key'), never);
    clock.advance(waitMs);
    await expect(waiting).rejects.toMatchObject({ code: 'rate_limit_exceeded' });
    await expect(second).rejects.toMatchObject({ code: 'rate_limit_exceeded' });
    expect(refusals).toEqual([
      { level: 'member', limit: 1, running: 1, waiting: 1 },
      { level: 'group', limit: 1, running: 1, waiting: 1 },
    ]);
    expect(clock.pending()).toBe(0);
  });

  test('requests beyond the queue limit are refused at once, and a client that left does not wait', async () => {
    const { slots } = slotsWith({ member: 1, group: 1, total: 9 }, 1);
    void slots.enter(owner('a'), never);
    const gone = new AbortController();
    const waiting = slots.enter(owner('a'), gone.signal);
    expect(() => slots.enter(owner('a'), never)).toThrow(CorvusError);
    gone.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'bad_request' });
    expect(() => slots.enter(owner('a'), gone.signal)).toThrow(CorvusError);
    expect([slots.running, slots.waiting]).toEqual([1, 0]);
  });
});

type Step =
  | { kind: 'enter'; group: number; member: number }
  | { kind: 'leave' | 'abort'; which: number }
  | { kind: 'wait'; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('enter' as const), group: fc.nat(3), member: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat(50) }) },
  fc.record({ kind: fc.constant('abort' as const), which: fc.nat(50) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 12_000 }) }),
);

interface Asked {
  owner: SlotOwner;
  gone: AbortController;
  state: 'waiting' | 'running' | 'over';
  leave(): void;
}

/** Random events in a random order. @returns all callers that asked so far */
async function play(
  slots: FairSlots,
  clock: TestClock,
  steps: readonly Step[],
  check: (asked: readonly Asked[]) => void,
): Promise<Asked[]> {
  const asked: Asked[] = [];
  const enter = (whose: SlotOwner): void => {
    const one: Asked = { owner: whose, gone: new AbortController(), state: 'waiting', leave: () => undefined };
    asked.push(one);
    const start = (leave: () => void): void => {
      one.state = 'running';
      one.leave = () => {
        one.state = 'over';
        leave();
        leave();
      };
    };
    try {
      const place = slots.enter(whose, one.gone.signal);
      if (typeof place === 'function') start(place);
      else place.then(start, () => void (one.state = 'over'));
    } catch {
      one.state = 'over';
    }
  };
  for (const next of steps) {
    if (next.kind === 'enter') enter(owner(`g${next.group}`, `m${next.member}`));
    else if (next.kind === 'wait') clock.advance(next.ms);
    else {
      const meant = asked.filter(({ state }) => state === (next.kind === 'leave' ? 'running' : 'waiting'));
      const one = meant[next.which % Math.max(1, meant.length)];
      if (next.kind === 'leave') one?.leave();
      else one?.gone.abort();
    }
    await Promise.resolve();
    await Promise.resolve();
    check(asked);
  }
  return asked;
}

test('callers that come, wait, leave and give up in any order pass no limit, never wait beside a free slot, and return all counts to zero (F18)', async () => {
  const limits = fc.record({
    member: fc.integer({ min: 1, max: 3 }),
    group: fc.integer({ min: 1, max: 4 }),
    total: fc.integer({ min: 1, max: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(limits, fc.array(step, { maxLength: 80 }), async (limited, steps) => {
      const { slots, clock } = slotsWith(limited, 5);
      const asked = await play(slots, clock, steps, (all) => {
        const running = all.filter(({ state }) => state === 'running');
        const waiting = all.filter(({ state }) => state === 'waiting');
        const ofGroup = (one: Asked) => running.filter((other) => other.owner.group === one.owner.group);
        const ofMember = (one: Asked) => ofGroup(one).filter((other) => other.owner.member === one.owner.member);
        expect([slots.running, slots.waiting]).toEqual([running.length, waiting.length]);
        expect(running.length).toBeLessThanOrEqual(limited.total);
        for (const one of running) {
          expect(ofGroup(one).length).toBeLessThanOrEqual(limited.group);
          expect(ofMember(one).length).toBeLessThanOrEqual(limited.member);
        }
        const couldRun = (one: Asked) =>
          running.length < limited.total &&
          ofGroup(one).length < limited.group &&
          ofMember(one).length < limited.member;
        expect(waiting.filter(couldRun)).toEqual([]);
      });
      clock.advance(waitMs);
      await settled();
      for (const one of asked) if (one.state === 'running') one.leave();
      expect([slots.running, slots.waiting, clock.pending()]).toEqual([0, 0, 0]);
    }),
    { numRuns: 300 },
  );
});
