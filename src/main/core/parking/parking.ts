import type { AwaitedMoney, ParkedRequest } from '#shared/domain/parked-request.ts';
import type { EnvelopeId, RequestId } from '#shared/ids.ts';
import { type NanoUsd, parseUsd } from '#shared/money.ts';
import type { Clock } from '#shared/ports.ts';

/** Money that a request lacks. */
export interface Shortage {
  awaits: AwaitedMoney;
  /** Decimal dollars; null: not known. */
  required: string | null;
}

/** A request that may wait. */
export interface Waiter extends Pick<ParkedRequest, 'requestId' | 'localKeyId' | 'localKeyLabel' | 'model'> {
  bytes: number;
  /** All its waits together. */
  longestMs: number;
  clientGone: AbortSignal;
  /** Called when it begins to wait. */
  keepAlive(): void;
}

/** One request's waits for money, until it goes on or is refused. */
export interface Stay {
  /**
   * Resolves to true when there may be enough; false: its time is over, its client left, or there is no room to wait.
   */
  wait(shortage: Shortage): Promise<boolean>;
  /** It goes on, or ended. */
  end(): void;
}

export interface Parking {
  stay(waiter: Waiter): Stay;
  /** Those that wait now, the oldest first. */
  list(): ParkedRequest[];
  /** What they wait for, with those that went on and may come back. */
  causes(): AwaitedMoney[];
  /** Whether it waited. */
  refuse(id: RequestId): boolean;
  /** The prepaid account has more to spend than before: this much. */
  balanceRose(spendable: NanoUsd): void;
  /** These envelopes may have room; absent: any. */
  roomCame(envelopes?: readonly EnvelopeId[]): void;
  /** All are refused: the program stops. */
  stop(): void;
}

export interface ParkingDeps {
  clock: Clock;
  /** Whether the account reports by itself that its balance rose. */
  seesBalance(): boolean;
  /** A request began to wait, or waits no more. */
  changed(): void;
}

interface Parked {
  request: ParkedRequest;
  bytes: number;
  /** Ends the wait that runs now; null: it went on, and may be refused again. */
  wake: ((mayGoOn: boolean) => void) | null;
  /** Has it go on at this moment, unless it does sooner. null: like `wake` */
  goOnAt: ((atMs: number) => void) | null;
  /** It was sent a moment ago. */
  notBeforeMs: number;
}

/** Each holds a connection and its body. */
export const mostParked = 100;
export const mostParkedBytes = 64 * 1024 * 1024;
/** Where no one tells when the balance rises, the account is asked again. */
const unseenBalanceMs = 30_000;
/** Holds return all the time, and others may be faster: none is sent to the account more often. */
export const betweenTriesMs = 5_000;

/** @param spendable null: not known. @param required null: not known */
function isEnough(spendable: NanoUsd | null, required: string | null): boolean {
  const least = required === null ? null : parseUsd(required);
  return least === null || spendable === null || least <= spendable;
}

export function createParking(deps: ParkingDeps): Parking {
  const { clock, seesBalance, changed } = deps;
  /** The oldest first: it goes on first. */
  const parked = new Map<RequestId, Parked>();
  let rises = 0;
  /** At its last rise. */
  let spendable: NanoUsd | null = null;

  function park(waiter: Waiter, { awaits, required }: Shortage, notBeforeMs: number): Parked | null {
    const { requestId, localKeyId, localKeyLabel, model, bytes, longestMs } = waiter;
    const known = parked.get(requestId);
    const taken = [...parked.values()].reduce((sum, one) => sum + one.bytes, 0);
    if (!known && (parked.size >= mostParked || taken + bytes > mostParkedBytes)) return null;
    const sinceMs = known?.request.sinceMs ?? clock.nowMs();
    const untilMs = known?.request.untilMs ?? sinceMs + longestMs;
    const request = { requestId, localKeyId, localKeyLabel, model, awaits, required, sinceMs, untilMs };
    const entry: Parked = { request, bytes, wake: null, goOnAt: null, notBeforeMs };
    parked.set(requestId, entry);
    if (!known) waiter.keepAlive();
    return entry;
  }

  return {
    stay(waiter) {
      let seenRises = rises;
      let notBeforeMs = 0;
      return {
        async wait(shortage) {
          const isBalance = shortage.awaits.kind === 'balance';
          // It rose after the request was sent, and before it came here.
          const hasRisen = isBalance && seenRises !== rises && isEnough(spendable, shortage.required);
          const isDue = hasRisen && clock.nowMs() >= notBeforeMs;
          const entry = isDue || waiter.clientGone.aborted ? null : park(waiter, shortage, notBeforeMs);
          const asksAtMs = isBalance && !seesBalance() ? clock.nowMs() + unseenBalanceMs : null;
          const mayGoOn =
            isDue ||
            (entry !== null && (await waitFor(deps, entry, hasRisen ? notBeforeMs : asksAtMs, waiter.clientGone)));
          seenRises = rises;
          if (isBalance) notBeforeMs = clock.nowMs() + betweenTriesMs;
          return mayGoOn;
        },
        end() {
          if (parked.delete(waiter.requestId)) changed();
        },
      };
    },
    list: () => [...parked.values()].flatMap(({ request, wake }) => (wake ? [request] : [])),
    causes: () => [...parked.values()].map(({ request }) => request.awaits),
    refuse(id) {
      const wake = parked.get(id)?.wake ?? null;
      wake?.(false);
      return wake !== null;
    },
    balanceRose(now) {
      rises += 1;
      spendable = now;
      for (const { request, goOnAt, notBeforeMs } of parked.values())
        if (request.awaits.kind === 'balance' && isEnough(spendable, request.required)) goOnAt?.(notBeforeMs);
    },
    roomCame(envelopes) {
      for (const { request, wake } of parked.values())
        if (request.awaits.kind === 'envelope' && envelopes?.includes(request.awaits.id) !== false) wake?.(true);
    },
    stop: () => parked.forEach(({ wake }) => wake?.(false)),
  };
}

/** @param asksAtMs when it may go on whatever happened; null: only once it is woken */
function waitFor(
  { clock, changed }: Pick<ParkingDeps, 'clock' | 'changed'>,
  entry: Parked,
  asksAtMs: number | null,
  clientGone: AbortSignal,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const { untilMs } = entry.request;
  let endsAtMs = asksAtMs === null ? untilMs : Math.min(asksAtMs, untilMs);
  let cancel = endAt(endsAtMs);
  const onGone = (): void => end(false);
  function endAt(atMs: number): () => void {
    return clock.after(Math.max(0, atMs - clock.nowMs()), () => end(atMs < untilMs));
  }
  function end(mayGoOn: boolean): void {
    cancel();
    clientGone.removeEventListener('abort', onGone);
    Object.assign(entry, { wake: null, goOnAt: null });
    changed();
    resolve(mayGoOn);
  }
  entry.wake = end;
  entry.goOnAt = (atMs) => {
    if (atMs <= clock.nowMs()) return end(true);
    if (atMs >= endsAtMs) return;
    cancel();
    endsAtMs = atMs;
    cancel = endAt(atMs);
  };
  clientGone.addEventListener('abort', onGone, { once: true });
  changed();
  return promise;
}
