import type { AwaitedMoney, LaneOffer, ParkedRequest } from '#shared/account/parked-request.ts';
import { whenAborted } from '#shared/when-aborted.ts';
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

/**
 * How a wait ends. `again`: there may be enough. `switch`: the person sends it to the place that it was offered.
 * `refuse`: its time is over, its client left, or there is no room to wait.
 */
type WaitEnd = 'again' | 'switch' | 'refuse';

/** One request's waits for money, until it goes on or is refused. */
export interface Stay {
  /** @param offer where the person may send it instead; null: nowhere */
  wait(shortage: Shortage, offer: LaneOffer | null): Promise<WaitEnd>;
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
  /** Whether it waited, with an offer. */
  switchLane(id: RequestId): boolean;
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
  wake: ((end: WaitEnd) => void) | null;
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

  function park(waiter: Waiter, shortage: Shortage, offer: LaneOffer | null, notBeforeMs: number): Parked | null {
    const { requestId, bytes } = waiter;
    const known = parked.get(requestId);
    const taken = [...parked.values()].reduce((sum, one) => sum + one.bytes, 0);
    if (!known && (parked.size >= mostParked || taken + bytes > mostParkedBytes)) return null;
    const times = known?.request ?? { sinceMs: clock.nowMs(), untilMs: clock.nowMs() + waiter.longestMs };
    const request = parkedRequest(waiter, shortage, offer, times);
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
        async wait(shortage, offer) {
          const isBalance = shortage.awaits.kind === 'balance';
          // It rose after the request was sent, and before it came here.
          const hasRisen = isBalance && seenRises !== rises && isEnough(spendable, shortage.required);
          const isDue = hasRisen && clock.nowMs() >= notBeforeMs;
          const entry = isDue || waiter.clientGone.aborted ? null : park(waiter, shortage, offer, notBeforeMs);
          const asksAtMs = isBalance && !seesBalance() ? clock.nowMs() + unseenBalanceMs : null;
          const end =
            entry === null ? null : await waitFor(deps, entry, hasRisen ? notBeforeMs : asksAtMs, waiter.clientGone);
          seenRises = rises;
          if (isBalance) notBeforeMs = clock.nowMs() + betweenTriesMs;
          return end ?? (isDue ? 'again' : 'refuse');
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
      wake?.('refuse');
      return wake !== null;
    },
    switchLane(id) {
      const { wake = null, request } = parked.get(id) ?? {};
      if (!wake || !request?.offer) return false;
      wake('switch');
      return true;
    },
    balanceRose(now) {
      rises += 1;
      spendable = now;
      for (const { request, goOnAt, notBeforeMs } of parked.values())
        if (request.awaits.kind === 'balance' && isEnough(spendable, request.required)) goOnAt?.(notBeforeMs);
    },
    roomCame(envelopes) {
      for (const { request, wake } of parked.values())
        if (request.awaits.kind === 'envelope' && envelopes?.includes(request.awaits.id) !== false) wake?.('again');
    },
    stop: () => parked.forEach(({ wake }) => wake?.('refuse')),
  };
}

function parkedRequest(
  { requestId, localKeyId, localKeyLabel, model }: Waiter,
  { awaits, required }: Shortage,
  offer: LaneOffer | null,
  { sinceMs, untilMs }: Pick<ParkedRequest, 'sinceMs' | 'untilMs'>,
): ParkedRequest {
  return { requestId, localKeyId, localKeyLabel, model, awaits, required, offer, sinceMs, untilMs };
}

/** @param asksAtMs when it may go on whatever happened; null: only once it is woken */
function waitFor(
  { clock, changed }: Pick<ParkingDeps, 'clock' | 'changed'>,
  entry: Parked,
  asksAtMs: number | null,
  clientGone: AbortSignal,
): Promise<WaitEnd> {
  const { promise, resolve } = Promise.withResolvers<WaitEnd>();
  const { untilMs } = entry.request;
  let endsAtMs = asksAtMs === null ? untilMs : Math.min(asksAtMs, untilMs);
  let cancel = endAt(endsAtMs);
  function endAt(atMs: number): () => void {
    return clock.after(Math.max(0, atMs - clock.nowMs()), () => end(atMs < untilMs ? 'again' : 'refuse'));
  }
  function end(how: WaitEnd): void {
    cancel();
    forget();
    Object.assign(entry, { wake: null, goOnAt: null });
    changed();
    resolve(how);
  }
  entry.wake = end;
  entry.goOnAt = (atMs) => {
    if (atMs <= clock.nowMs()) return end('again');
    if (atMs >= endsAtMs) return;
    cancel();
    endsAtMs = atMs;
    cancel = endAt(atMs);
  };
  const forget = whenAborted(clientGone, () => end('refuse'));
  changed();
  return promise;
}
