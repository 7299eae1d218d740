import type { AwaitedMoney, LaneOffer, ParkedRequest } from '#shared/account/parked-request.ts';
import { whenAborted } from '#shared/when-aborted.ts';
import type { EnvelopeId, RequestId } from '#shared/ids.ts';
import { type NanoUsd, parseUsd } from '#shared/money.ts';
import type { Clock } from '#shared/ports.ts';

/** The money that a request is short of. */
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
 * How a wait ends. `again`: there may be enough money now. `switch`: the person sends the request to the place that was
 * offered. `refuse`: its time is over, its client left, or too many requests wait already.
 */
type WaitEnd = 'again' | 'switch' | 'refuse';

/** The waits of one request, until it continues or is refused. */
export interface Stay {
  /** @param offer where the person may send the request instead; null: nowhere */
  wait(shortage: Shortage, offer: LaneOffer | null): Promise<WaitEnd>;
  /** The request continues, or has ended. */
  end(): void;
}

export interface Parking {
  stay(waiter: Waiter): Stay;
  /** The requests that wait now, the oldest first. */
  list(): ParkedRequest[];
  /** What requests wait for, including those that continued and may have to wait again. */
  causes(): AwaitedMoney[];
  /** @returns whether it waited */
  refuse(id: RequestId): boolean;
  /** @returns whether it waited and had an offer */
  switchLane(id: RequestId): boolean;
  /** The spendable balance of the prepaid account has increased to this amount. */
  balanceRose(spendable: NanoUsd): void;
  /** These envelopes may have room; absent: any. */
  roomCame(envelopes?: readonly EnvelopeId[]): void;
  /** Refuses all, because the program stops. */
  stop(): void;
}

export interface ParkingDeps {
  clock: Clock;
  /** Whether the account reports an increase of its balance on its own. */
  seesBalance(): boolean;
  /** A request began or stopped waiting. */
  changed(): void;
}

interface Parked {
  request: ParkedRequest;
  bytes: number;
  /** Ends the current wait; null: the request continued, and may be refused again. */
  wake: ((end: WaitEnd) => void) | null;
  /** Lets the request continue at this time at the latest. null: as for `wake` */
  goOnAt: ((atMs: number) => void) | null;
  /** The request was sent recently, so it does not continue before this time. */
  notBeforeMs: number;
}

/** Each waiting request keeps a connection and its body in memory. */
export const mostParked = 100;
export const mostParkedBytes = 64 * 1024 * 1024;
/** If the account does not report its balance, requests are sent again after this time. */
const unseenBalanceMs = 30_000;
/**
 * Holds are released all the time, and other requests may take the money first. No request is sent to the account more
 * often than this.
 */
export const betweenTriesMs = 5_000;

/** @param spendable null: not known. @param required null: not known */
function isEnough(spendable: NanoUsd | null, required: string | null): boolean {
  const least = required === null ? null : parseUsd(required);
  return least === null || spendable === null || least <= spendable;
}

export function createParking(deps: ParkingDeps): Parking {
  const { clock, seesBalance, changed } = deps;
  /** The oldest first, because it continues first. */
  const parked = new Map<RequestId, Parked>();
  let rises = 0;
  /** As of its last increase. */
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
          // The balance rose after the request was sent and before it got here.
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

/** @param asksAtMs when it may continue in any case; null: only when woken */
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
