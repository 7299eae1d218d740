import type { Handlers } from '#shared/contract/contract.ts';
import type { Envelope, EnvelopeScope, EnvelopeState } from '#shared/domain/envelope.ts';
import { CorvusError } from '#shared/errors.ts';
import { type EnvelopeId, envelopeIdSchema, timeOrderedId } from '#shared/ids.ts';
import { parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { createCalendar } from '../calendar.ts';
import type { Emit } from '../emit.ts';
import type { Ports } from '../ports.ts';
import { createSerialQueue } from '../serial-queue.ts';
import type { Store } from '../store/store.ts';
import { createThrottle } from '../throttle.ts';
import { createConfirmations, mostUnconfirmed } from './confirmations.ts';
import { type Counter, createEnvelopeCounters, type EnvelopeCounters, stateOf } from './envelope-counters.ts';
import { createEnvelopeWarnings } from './envelope-warnings.ts';
import type { PrepaidRoom } from './prepaid-room.ts';
import { createSpending, type Spending } from './spending.ts';
import { dayMs } from '#shared/time.ts';

/** The longest period, with room for clock changes: what began before it is over. */
const longestPeriodMs = 32 * dayMs;
/** Each request carries the envelopes that pay for it. */
const mostEnvelopes = 100;
const changedPeriodMs = 1_000;
/** Periods end without an event; requests that wait for the next one are looked at this often. */
const tickMs = 15_000;

export interface EnvelopesServiceDeps {
  ports: Pick<Ports, 'clock' | 'random' | 'notify' | 'logger'>;
  store: Pick<Store, 'envelopes' | 'requests' | 'localKeys' | 'providers'>;
  emit: Emit;
  /** These envelopes may have room; absent: any. */
  onRoom(envelopes?: readonly EnvelopeId[]): void;
  prepaid: PrepaidRoom;
}

export interface EnvelopesService {
  handlers: Pick<
    Handlers,
    'envelopes.list' | 'envelopes.create' | 'envelopes.change' | 'envelopes.reset' | 'envelopes.remove'
  >;
  spending: Spending;
  /** Reads what was counted before; no request may come before it has. */
  start(): Promise<void>;
  stop(): void;
}

export function createEnvelopesService({
  ports,
  store,
  emit,
  onRoom,
  prepaid,
}: EnvelopesServiceDeps): EnvelopesService {
  const { clock } = ports;
  const counters = createEnvelopeCounters(clock.nowMs);
  const confirmations = createConfirmations(counters);
  const spending = createSpending({
    clock,
    counters,
    confirmations,
    prepaid,
    changed,
    onRoom,
    reached: (counter) => warnings.reached(counter),
  });
  const warnings = createEnvelopeWarnings({ ...ports, store, emit });
  const feed = createThrottle(clock, changedPeriodMs, () =>
    emit('envelopes.changed', { envelopes: counters.all().map(stateOf) }),
  );
  let stopListening: (() => void)[] = [];

  function changed(some: readonly Counter[]): void {
    feed.ask();
    for (const { envelope, period } of some) {
      const current = counters.find(envelope.id);
      if (current && current.period === period) warnings.see(current);
    }
  }

  return {
    handlers: createHandlers({ ports, store, counters, changed: feed.ask, wake: spending.wake }),
    spending,
    async start() {
      const envelopes = await store.envelopes.list();
      const oldestMs = Math.min(clock.nowMs() - longestPeriodMs, ...envelopes.map(({ countsFromMs }) => countsFromMs));
      counters.load(envelopes, await store.envelopes.spend(oldestMs));
      confirmations.load(await store.envelopes.unconfirmed(mostUnconfirmed));
      stopListening = [
        store.requests.onChanged((rows) => {
          const corrected = confirmations.take(rows);
          if (corrected.length === 0) return;
          changed(corrected);
          spending.wake(corrected.map(({ envelope }) => envelope.id));
        }),
        clock.every(tickMs, () => spending.wake()),
      ];
    },
    stop() {
      for (const stop of stopListening) stop();
      feed.stop();
    },
  };
}

interface HandlersDeps extends Pick<EnvelopesServiceDeps, 'ports' | 'store'> {
  counters: EnvelopeCounters;
  changed(): void;
  wake(): void;
}

function createHandlers({ ports, store, counters, changed, wake }: HandlersDeps): EnvelopesService['handlers'] {
  const { clock, random } = ports;
  // A change writes the whole envelope, with what the one before has made of it.
  const inTurn = createSerialQueue();

  async function put(given: Envelope): Promise<EnvelopeState> {
    // Shown as every amount, however it was typed: "5.00".
    const envelope = { ...given, limit: usdText(parseUsd(given.limit) ?? zeroUsd) };
    await store.envelopes.put(envelope);
    counters.put(envelope);
    changed();
    wake();
    return stateOf(find(envelope.id));
  }

  function find(id: EnvelopeId): Counter {
    const counter = counters.find(id);
    if (!counter) throw new CorvusError('not_found', 'This envelope does not exist.', { param: 'id' });
    return counter;
  }

  /** An envelope for what does not exist would limit nothing, and nothing would tell. Throws `not_found`. */
  async function checkScope(scope: EnvelopeScope): Promise<void> {
    if (scope.kind === 'key') {
      const keys = await store.localKeys.list();
      if (keys.some(({ id, revokedAtMs }) => id === scope.keyId && revokedAtMs === null)) return;
      throw new CorvusError('not_found', `There is no local key "${scope.keyId}".`, { param: 'scope' });
    }
    if (scope.kind !== 'provider' || scope.providerId === 'account') return;
    const providers = await store.providers.list();
    if (providers.some(({ id }) => id === scope.providerId)) return;
    throw new CorvusError('not_found', `There is no provider "${scope.providerId}".`, { param: 'scope' });
  }

  return {
    'envelopes.list': async () => counters.all().map(stateOf),
    async 'envelopes.create'(terms) {
      createCalendar(terms.timeZone);
      await checkScope(terms.scope);
      if (counters.all().length >= mostEnvelopes)
        throw new CorvusError('bad_request', `There can be ${mostEnvelopes} envelopes. Remove one first.`);
      const now = clock.nowMs();
      const id = envelopeIdSchema.parse(timeOrderedId('env', now, random.bytes(10)));
      return put({ ...terms, id, isPaused: false, createdAtMs: now, countsFromMs: now });
    },
    'envelopes.change': ({ id, ...change }) =>
      inTurn(async () => {
        const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
        return put({ ...find(id).envelope, ...given });
      }),
    'envelopes.reset': ({ id }) =>
      inTurn(async () => {
        const { envelope, period } = find(id);
        return put({ ...envelope, countsFromMs: Math.max(clock.nowMs(), period.startMs + 1) });
      }),
    'envelopes.remove': ({ id }) =>
      inTurn(async () => {
        find(id);
        await store.envelopes.remove(id);
        counters.remove(id);
        changed();
        wake();
        return { id };
      }),
  };
}
