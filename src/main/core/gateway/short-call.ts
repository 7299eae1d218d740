import type { Call } from '#proxy/call.ts';
import type { LaneOffer } from '#shared/account/parked-request.ts';
import type { Changing } from '#shared/changing.ts';
import { type NanoUsd, usdText } from '#shared/money.ts';
import type { Grant } from '../envelopes/grant.ts';
import type { Held, Spending, SpendRequest } from '../envelopes/spending.ts';
import { costsNoMore } from '../estimates/compare-places.ts';
import type { LocalKeyCaller, LocalKeyRing } from '../keys/local-key-ring.ts';
import type { Shortage, Stay } from '../parking/parking.ts';
import type { Destination } from './destination.ts';
import type { FindOtherLanes, OtherLane } from './other-lanes.ts';

/** Where a call was sent instead, and what had no money at its original place. */
export interface Switched {
  from: string;
  /** An envelope's id, or `balance`. */
  by: string;
}

/** A call whose own lane has no money. */
interface Shortfall {
  request: SpendRequest<Destination>;
  /** null: it asked for a plan, which has its own candidates. */
  from: Destination | null;
  shortage: Shortage;
  /** What is held for it. */
  held: Held;
}

/** How the call continues: on its own lane, where there may be money now, or on another one. `refuse`: it does not. */
type WayOut = 'again' | 'refuse' | { grant: Grant<Destination>; switched: Switched };

/** What one call may do about a lack of money, as its key allows. */
export interface ShortCall {
  /** Whether its key allows any. */
  readonly hasWays: boolean;
  /** It waits, and may then be sent elsewhere. */
  readonly isOffered: boolean;
  wayOut(shortfall: Shortfall): Promise<WayOut>;
  /** It goes on, or ended. */
  end(): void;
}

export interface ShortCallDeps {
  keys: Pick<LocalKeyRing, 'current'>;
  spending: Pick<Spending, 'pays' | 'move'>;
  otherLanes: FindOtherLanes;
}

/** @param stay null: it does not wait */
export function createShortCall(
  { keys, spending, otherLanes }: ShortCallDeps,
  call: Call,
  caller: LocalKeyCaller,
  stay: Stay | null,
): ShortCall {
  const { switchLane } = caller.limits;
  let hasSwitched = false;

  /** Places that would pay for it now. A call is switched only once, so that it cannot go back and forth. */
  function lanesOf({ request, from, held }: Shortfall): OtherLane[] {
    if (hasSwitched || !from) return [];
    return otherLanes(call, caller, from).filter(({ place }) =>
      spending.pays({ ...request, places: [place], staysAtFirst: true }, held),
    );
  }

  async function move(lane: OtherLane, { request, from, shortage, held }: Shortfall): Promise<WayOut | null> {
    const places = await lane.plan();
    const grant = places && spending.move({ ...request, places, staysAtFirst: false }, held);
    if (!from || !grant) return null;
    hasSwitched = true;
    const { awaits } = shortage;
    const by = awaits.kind === 'envelope' ? awaits.id : awaits.kind;
    return { grant, switched: { from: from.provider, by } };
  }

  async function moveIfCheaper(shortfall: Shortfall): Promise<WayOut | null> {
    for (const lane of lanesOf(shortfall).filter(costsNoMore)) {
      const moved = await move(lane, shortfall);
      if (moved) return moved;
    }
    return null;
  }

  async function offered(shortfall: Shortfall): Promise<OtherLane | null> {
    for (const lane of lanesOf(shortfall)) if (await lane.plan()) return lane;
    return null;
  }

  /** The price must not be higher than the one that the person saw. */
  function moveTo(lane: OtherLane, shortfall: Shortfall): Promise<WayOut | null> {
    const now = lanesOf(shortfall).find(({ place }) => place.provider === lane.place.provider);
    const isAgreed = now && (lane.there === null || (now.there !== null && now.there <= lane.there));
    return isAgreed ? move(now, shortfall) : Promise.resolve(null);
  }

  const short: Changing<ShortCall> = {
    hasWays: stay !== null || switchLane === 'if-cheaper',
    isOffered: false,
    async wayOut(shortfall) {
      const moved = switchLane === 'if-cheaper' ? await moveIfCheaper(shortfall) : null;
      if (moved || !stay) return moved ?? 'refuse';
      const other = switchLane === 'ask' ? await offered(shortfall) : null;
      short.isOffered = other !== null;
      const end = await stay.wait(shortfall.shortage, other && offerOf(shortfall, other));
      short.isOffered = false;
      if (end === 'refuse') return end;
      // The key may have been revoked meanwhile.
      keys.current(caller);
      return (end === 'switch' && other ? await moveTo(other, shortfall) : null) ?? 'again';
    },
    end: () => stay?.end(),
  };
  return short;
}

function offerOf({ from }: Shortfall, { place, here, there }: OtherLane): LaneOffer | null {
  const pricedAt = ({ lane, provider }: Pick<Destination, 'lane' | 'provider'>, most: NanoUsd | null) =>
    lane && { lane, provider, most: most === null ? null : usdText(most) };
  const [first, other] = [from && pricedAt(from, here), pricedAt(place, there)];
  return first && other && { here: first, there: other };
}
