import type { Handlers } from '#shared/contract/contract.ts';
import { offerWords } from '#shared/account/offer-words.ts';
import type { AwaitedMoney, ParkedRequest } from '#shared/account/parked-request.ts';
import type { Clock } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';
import type { Emit } from '../emit.ts';
import type { Notify } from '../ports.ts';
import { createThrottle } from '../throttle.ts';
import { createParking, type Parking } from './parking.ts';

const feedMs = 200;

export interface ParkingService {
  handlers: Pick<Handlers, 'parked.list' | 'parked.refuse' | 'parked.switch'>;
  parking: Parking;
  stop(): void;
}

export interface ParkingServiceDeps {
  clock: Clock;
  notify: Notify;
  emit: Emit;
  seesBalance(): boolean;
}

/**
 * Requests that wait for money, as pages see them. The person is notified once for all requests that wait for the same
 * money.
 */
export function createParkingService({ clock, notify, emit, seesBalance }: ParkingServiceDeps): ParkingService {
  const parking = createParking({ clock, seesBalance, changed });
  const feed = createThrottle(clock, feedMs, () => emit('parked.changed', { requests: parking.list() }));
  let told: ReadonlySet<string> = new Set();

  function changed(): void {
    feed.ask();
    const waiting = parking.list();
    for (const request of waiting) if (!told.has(causeOf(request.awaits))) notify.show(notificationOf(request));
    told = new Set(parking.causes().map(causeOf));
  }

  return {
    parking,
    handlers: {
      'parked.list': async () => parking.list(),
      'parked.switch': async ({ id }) => ({ isSent: parking.switchLane(id) }),
      'parked.refuse': async ({ id }) => ({ hasWaited: parking.refuse(id) }),
    },
    stop() {
      parking.stop();
      feed.stop();
    },
  };
}

function causeOf(awaits: AwaitedMoney): string {
  return awaits.kind === 'envelope' ? awaits.id : 'balance';
}

function notificationOf({ localKeyLabel, awaits, offer, sinceMs, untilMs }: ParkedRequest): {
  title: string;
  body: string;
} {
  const minutes = Math.round((untilMs - sinceMs) / minuteMs);
  const advice = awaits.kind === 'balance' ? 'Top up, and it goes on.' : 'Raise or reset the envelope, and it goes on.';
  return {
    title: `A request of ${localKeyLabel} waits for money`,
    body: `${advice} ${offer ? `Or send it elsewhere. ${offerWords(offer)} ` : ''}After ${minutes} min it is refused.`,
  };
}
