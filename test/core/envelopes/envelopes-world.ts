import { expect } from 'vitest';
import type { Ceiling } from '#core/envelopes/ceiling.ts';
import { createConfirmations } from '#core/envelopes/confirmations.ts';
import { createEnvelopeCounters } from '#core/envelopes/envelope-counters.ts';
import type { Grant } from '#core/envelopes/grant.ts';
import { chargeOf, type Place } from '#core/envelopes/size-call.ts';
import { createSpending } from '#core/envelopes/spending.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import type { Envelope, EnvelopeHold } from '#shared/domain/envelope.ts';
import { testPrice } from '../../support/test-price.ts';
import { envelopeIdSchema, localKeyIdSchema, type RequestId, requestIdSchema } from '#shared/ids.ts';
import { nanoUsd, parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { dayMs, hourMs } from '#shared/time.ts';
import { testCall } from '../../support/open-test-ledger.ts';
import { createTestClock } from '../../support/test-clock.ts';

const [cheap, dear] = [testPrice('100.00', '300.00'), testPrice('500.00', '2000.00')];
const places: readonly Place[] = [
  { lane: 'byok', provider: 'mine', model: 'm', price: cheap },
  { lane: 'byok', provider: 'other', model: 'm-large', price: dear },
  { lane: 'prepaid', provider: 'account', model: 'm', price: cheap },
  { lane: 'prepaid', provider: 'account', model: 'm', price: cheap, inCredits: true },
  { lane: 'local', provider: 'here', model: 'm', price: null },
];
export const keys = ['lk_01a223dd00417d368c1301a107c7bc69', 'lk_01a223dd00417d368c1301a107c7bc70'].map((id) =>
  localKeyIdSchema.parse(id),
);

/** What a request spends where it is answered, for as much as it says. */
function spentAt(place: Place, tokens: number): bigint {
  if (place.lane === 'local' || !place.price) return 0n;
  const [input, output] = [parseUsd(place.price.prices.input) ?? 0n, parseUsd(place.price.prices.output) ?? 0n];
  return chargeOf((10n * input + BigInt(tokens) * output) / 1_000_000n, { inCredits: place.inCredits ?? false });
}

/** A request on the disk, with what a later charge will say. */
interface Row {
  holds: readonly EnvelopeHold[];
  /** null: not known. */
  cost: bigint | null;
  isPrepaid: boolean;
  isConfirmed: boolean;
  charge: bigint;
  /** The envelopes that pay for it, each with its period. */
  payers: readonly string[];
}

interface Running {
  id: RequestId;
  grant: Grant<Place>;
  ceiling: Ceiling | null;
  /** Of the places that are granted. */
  serving: number;
  place: Place;
  said: number;
  /** What it may say without more money. */
  allowed: number;
  payers: readonly string[];
}

const startMs = Date.UTC(2026, 10, 28, 12);

export function envelope(index: number, scope: Envelope['scope'], limit: bigint, period: Envelope['period']): Envelope {
  const terms = { name: `${index}`, timeZone: 'UTC', allowsUnpriced: false, isPaused: false };
  const times = { createdAtMs: startMs, countsFromMs: startMs };
  return {
    ...terms,
    ...times,
    id: envelopeIdSchema.parse(`env_${index}`),
    scope,
    period,
    limit: usdText(nanoUsd(limit)),
  };
}

/** Which of its periods a moment belongs to, as docs/envelopes.md says it. */
function periodOf({ period, countsFromMs }: Envelope, nowMs: number): number {
  return period === 'once' ? countsFromMs : Math.max(nowMs - (nowMs % dayMs), countsFromMs);
}

function paysFor({ scope }: Envelope, keyId: string, place: Place): boolean {
  if (scope.kind === 'key') return scope.keyId === keyId;
  return scope.kind === 'everything' || (scope.kind === 'provider' && scope.providerId === place.provider);
}

/** One program with its envelopes, its clock, and what a restart finds on the disk. */
export function createWorld(first: readonly Envelope[], { isKilled }: { isKilled: boolean }) {
  const clock = createTestClock(startMs);
  const envelopes = new Map(first.map((one) => [one.id, one]));
  const rows = new Map<RequestId, Row>();
  /** What was really spent, by envelope and period. */
  const spent = new Map<string, bigint>();
  let running: Running[] = [];
  let waiting: AbortController[] = [];
  let made = 0;
  let program = start();

  function start() {
    const counters = createEnvelopeCounters(clock.nowMs);
    counters.load(
      [...envelopes.values()],
      [...recounted()].map(([key, amount]) => {
        const [id, startAtMs] = key.split(' ');
        const envelopeId = envelopeIdSchema.parse(id);
        return { envelopeId, periodStartMs: Number(startAtMs), spentNanoUsd: nanoUsd(amount), warnedPercent: 0 };
      }),
    );
    const confirmations = createConfirmations(counters);
    confirmations.load(
      [...rows]
        .filter(([, { isPrepaid, isConfirmed }]) => isPrepaid && !isConfirmed)
        .map(([requestId, { holds, cost }]) => ({
          requestId,
          holds: [...holds],
          costNanoUsd: cost === null ? null : nanoUsd(cost),
        })),
    );
    const nothing = () => undefined;
    const prepaid = { left: () => null, inFlight: () => zeroUsd, sent: () => nothing, charged: nothing };
    const spending = createSpending({ clock, counters, confirmations, prepaid, changed: nothing, reached: nothing });
    return { counters, confirmations, spending };
  }

  /** The sums that the triggers of the store keep. */
  function recounted(): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    for (const { holds, cost } of rows.values())
      for (const { envelopeId, periodStartMs, heldNanoUsd } of holds)
        add(sums, `${envelopeId} ${periodStartMs}`, cost ?? heldNanoUsd);
    return sums;
  }

  function add(sums: Map<string, bigint>, key: string, amount: bigint): void {
    sums.set(key, (sums.get(key) ?? 0n) + amount);
  }

  async function ask(choice: number): Promise<void> {
    const id = requestIdSchema.parse(`req_0199f3f7c0de7aaabbbbccccdddd${String(made).padStart(4, '0')}`);
    made += 1;
    const keyId = keys[choice % 2] ?? fail();
    // After a restart, requests in credits count unrounded until they are charged.
    const some = places.filter(
      ({ inCredits }, index) => !(isKilled && inCredits) && ((choice >> 1) & (1 << index)) !== 0,
    );
    if (some.length === 0) return;
    const ways = (choice >> 11) % 2 === 0 ? some : some.toReversed();
    const maxOutputTokens = [null, 1, 16, 60, 400][(choice >> 6) % 5] ?? null;
    const ceiling = (choice >> 9) % 4 === 0 ? { limit: nanoUsd(200_000_000n), spent: 0n, held: 0n } : null;
    const call = { ...testCall(id), facts: { ...testCall(id).facts, maxOutputTokens } };
    const payer = { keyId, model: 'm', project: null, session: null };
    const gone = new AbortController();
    waiting.push(gone);
    const asked = {
      call,
      payer,
      places: ways,
      staysAtFirst: (choice >> 8) % 2 === 0,
      ceiling,
      clientGone: gone.signal,
    };
    const grant = await program.spending.reserve(asked).catch(() => null);
    waiting = waiting.filter((one) => one !== gone);
    if (!grant || gone.signal.aborted) return void grant?.settle(null, zeroUsd);
    const serving = (choice >> 3) % grant.places.length;
    const { place, outputLimit } = grant.places[serving] ?? fail();
    const allowed = Math.min(maxOutputTokens ?? 16_384, outputLimit ?? 16_384);
    const payers = [...envelopes.values()]
      .filter((one) => place.lane !== 'local' && paysFor(one, keyId, place))
      .map((one) => `${one.id} ${periodOf(one, clock.nowMs())}`);
    running.push({ id, grant, ceiling, serving, place, said: 0, allowed, payers });
    const isPrepaid = place.lane === 'prepaid';
    rows.set(id, { holds: grant.holds, cost: null, isPrepaid, isConfirmed: false, charge: 0n, payers });
  }

  /**
   * An answer in one piece is not asked after: it may say what it was allowed to. A stream may say more, as far as there
   * is money.
   */
  function say(request: Running, tokens: number, isStream: boolean): void {
    const said = isStream ? request.said + tokens : Math.min(request.said + tokens, request.allowed);
    const isAllowed = said <= request.allowed;
    const isCovered = !isStream || request.grant.covers(request.serving, said);
    if (isAllowed) expect(isCovered).toBe(true);
    if (isCovered) request.said = said;
    else end(request, 'answered');
  }

  function end(request: Running, how: 'answered' | 'untold' | 'refused'): void {
    const { id, grant, ceiling, place, payers } = request;
    running = running.filter((one) => one !== request);
    const cost = how === 'refused' ? 0n : spentAt(place, request.said);
    const known = how === 'untold' ? null : nanoUsd(cost);
    const holds = grant.settle(how === 'refused' ? null : place, known);
    rows.set(id, { ...(rows.get(id) ?? fail()), holds, cost: known, charge: cost });
    for (const payer of how === 'refused' ? [] : payers) add(spent, payer, cost);
    expect(ceiling?.held ?? 0n).toBe(0n);
    expect(cost).toBeLessThanOrEqual(ceiling?.limit ?? cost);
  }

  /** Nothing is known here of what became of what ran; the account charges what it has answered. */
  function restart(): void {
    for (const gone of waiting) gone.abort();
    for (const { id, place, said, payers } of running) {
      const cost = spentAt(place, said);
      rows.set(id, { ...(rows.get(id) ?? fail()), charge: cost });
      for (const payer of payers) add(spent, payer, cost);
    }
    running = [];
    program = start();
  }

  function charge(choice: number): void {
    const due = [...rows].filter(
      ([id, row]) => row.isPrepaid && !row.isConfirmed && !running.some((one) => one.id === id),
    );
    const [id, row] = due[choice % due.length] ?? [];
    if (!id || !row) return;
    rows.set(id, { ...row, cost: row.charge, isConfirmed: true });
    const summary = { id, cost: usdText(nanoUsd(row.charge)), costKind: 'settled' } as RequestSummary;
    program.spending.wake(program.confirmations.take([summary]).map((counter) => counter.envelope.id));
  }

  function change(choice: number, terms: (one: Envelope) => Partial<Envelope>): void {
    const one = [...envelopes.values()][choice % envelopes.size] ?? fail();
    const changed = { ...one, ...terms(one) };
    envelopes.set(one.id, changed);
    program.counters.put(changed);
    program.spending.wake();
  }

  /** First what waits is over, so that it is known when each went on. */
  async function pass(durationMs: number): Promise<void> {
    clock.advance(10_000);
    await goOn();
    clock.advance(durationMs);
  }

  const startOf = (id: Envelope['id']): number => program.counters.find(id)?.period.startMs ?? 0;

  async function take([kind, choice]: readonly [kind: number, choice: number]): Promise<void> {
    const request = running[choice % running.length];
    const steps = [
      () => void ask(choice),
      () => void ask(choice),
      () => request && say(request, 1 + (choice % 300), !isKilled && choice % 4 === 0),
      () => request && say(request, 1 + (choice % 300), !isKilled),
      () => request && end(request, 'answered'),
      () => request && end(request, choice % 2 === 0 ? 'untold' : 'refused'),
      () => charge(choice),
      () => waiting[choice % waiting.length]?.abort(),
      () => pass((choice % 40) * hourMs),
      () => clock.set(((choice % 60) - 30) * hourMs),
      () => change(choice, ({ id }) => ({ countsFromMs: Math.max(clock.nowMs(), startOf(id) + 1) })),
      () => change(choice, ({ limit }) => ({ limit: usdText(nanoUsd((parseUsd(limit) ?? 0n) + 50_000_000n)) })),
      () => isKilled && restart(),
    ];
    await Promise.resolve(steps[kind % steps.length]?.());
    await goOn();
  }

  return {
    take,
    /** What was really spent so far in each period, of what limit. */
    spent(): { key: string; spent: bigint; limit: bigint }[] {
      const sums = new Map(spent);
      for (const { place, said, payers } of running) for (const payer of payers) add(sums, payer, spentAt(place, said));
      return [...sums].map(([key, sum]) => {
        const one = [...envelopes.values()].find(({ id }) => key.startsWith(`${id} `)) ?? fail();
        return { key, spent: sum, limit: parseUsd(one.limit) ?? 0n };
      });
    },
    async endAll(): Promise<void> {
      for (let round = 0; running.length + waiting.length > 0; round += 1) {
        expect(round).toBeLessThan(1_000);
        for (const request of running) end(request, 'answered');
        await pass(0);
      }
      while ([...rows.values()].some(({ isPrepaid, isConfirmed }) => isPrepaid && !isConfirmed)) charge(0);
    },
    /** What is counted in memory and on the disk, and what should be: what was spent, or held where that is not known. */
    counted() {
      const due = new Map(spent);
      for (const { holds, cost, charge: known, payers } of rows.values()) {
        if (cost !== null) continue;
        for (const { envelopeId, periodStartMs, heldNanoUsd } of holds)
          add(due, `${envelopeId} ${periodStartMs}`, heldNanoUsd);
        for (const payer of payers) add(due, payer, -known);
      }
      const disk = recounted();
      return [...due].map(([key, sum]) => {
        const [id, startAtMs] = key.split(' ');
        const period = program.counters.at(envelopeIdSchema.parse(id), Number(startAtMs))?.period;
        return { key, memory: period?.spent, held: period?.held, disk: disk.get(key) ?? 0n, due: sum };
      });
    },
  };
}

/** All that can go on now does. */
async function goOn(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await Promise.resolve();
}

export function fail(): never {
  throw new Error('it is there');
}
