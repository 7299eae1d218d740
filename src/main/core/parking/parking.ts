import type { AwaitedMoney, ParkedRequest } from '#shared/domain/parked-request.ts';
import type { RequestId } from '#shared/ids.ts';
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
  /** Resolves to true when there may be enough; false: its time is over, its client left, or there is no room to wait. */
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
  /** The prepaid account has more money than before. */
  balanceRose(): void;
  /** An envelope may have room. */
  roomCame(): void;
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
}

/** Each holds a connection and its body. */
export const mostParked = 100;
export const mostParkedBytes = 64 * 1024 * 1024;
/** Where no one tells when the balance rises, the account is asked again. */
const unseenBalanceMs = 30_000;

export function createParking({ clock, seesBalance, changed }: ParkingDeps): Parking {
  /** The oldest first: it goes on first. */
  const parked = new Map<RequestId, Parked>();
  let rises = 0;

  function wakeAll(kind: AwaitedMoney['kind'], mayGoOn: boolean): void {
    for (const { request, wake } of parked.values()) if (request.awaits.kind === kind) wake?.(mayGoOn);
  }

  function park(waiter: Waiter, { awaits, required }: Shortage): Parked | null {
    const { requestId, localKeyId, localKeyLabel, model, bytes, longestMs } = waiter;
    const known = parked.get(requestId);
    const taken = [...parked.values()].reduce((sum, one) => sum + one.bytes, 0);
    if (!known && (parked.size >= mostParked || taken + bytes > mostParkedBytes)) return null;
    const sinceMs = known?.request.sinceMs ?? clock.nowMs();
    const untilMs = known?.request.untilMs ?? sinceMs + longestMs;
    const request = { requestId, localKeyId, localKeyLabel, model, awaits, required, sinceMs, untilMs };
    const entry: Parked = { request, bytes, wake: null };
    parked.set(requestId, entry);
    if (!known) waiter.keepAlive();
    return entry;
  }

  async function waitAt(entry: Parked, asksAtMs: number | null, clientGone: AbortSignal): Promise<boolean> {
    const waiting = waitFor(clock, entry, asksAtMs, clientGone);
    changed();
    const mayGoOn = await waiting;
    changed();
    return mayGoOn;
  }

  return {
    stay(waiter) {
      let seenRises = rises;
      return {
        async wait(shortage) {
          const isBalance = shortage.awaits.kind === 'balance';
          const hasRisen = seenRises !== rises;
          seenRises = rises;
          // It rose after the request was sent, and before it came here.
          if (isBalance && hasRisen) return true;
          const entry = waiter.clientGone.aborted ? null : park(waiter, shortage);
          if (!entry) return false;
          const asksAtMs = isBalance && !seesBalance() ? clock.nowMs() + unseenBalanceMs : null;
          const mayGoOn = await waitAt(entry, asksAtMs, waiter.clientGone);
          seenRises = rises;
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
    balanceRose() {
      rises += 1;
      wakeAll('balance', true);
    },
    roomCame: () => wakeAll('envelope', true),
    stop: () => (['balance', 'envelope'] as const).forEach((kind) => wakeAll(kind, false)),
  };
}

/** @param asksAtMs when it may go on whatever happened; null: only once it is woken */
function waitFor(clock: Clock, entry: Parked, asksAtMs: number | null, clientGone: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const { untilMs } = entry.request;
  const endsAtMs = asksAtMs === null ? untilMs : Math.min(asksAtMs, untilMs);
  const cancel = clock.after(Math.max(0, endsAtMs - clock.nowMs()), () => end(endsAtMs < untilMs));
  const onGone = (): void => end(false);
  function end(mayGoOn: boolean): void {
    cancel();
    clientGone.removeEventListener('abort', onGone);
    entry.wake = null;
    resolve(mayGoOn);
  }
  entry.wake = end;
  clientGone.addEventListener('abort', onGone, { once: true });
  return promise;
}
