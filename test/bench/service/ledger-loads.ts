import { readFunds } from '#backend/store/ledger-store.ts';
import { nanoUsd } from '#shared/money.ts';
import { minuteMs } from '#shared/time.ts';
import {
  closeInstances,
  type Customer,
  hold,
  type Instance,
  openCustomers,
  openInstances,
  price,
  settle,
} from './ledger-bench-world.ts';

export interface RaceTotals {
  asked: number;
  served: number;
  seconds: number;
  left: bigint;
}

const half = 5_000;

/** Ten thousand reservations at once against one balance that covers five thousand. */
export async function holdsOnOneBalance(place: string, instanceCount: number): Promise<RaceTotals> {
  return race(place, instanceCount, async (instance, customer) => (await hold(instance, customer, null)) !== null);
}

/** Ten thousand whole requests, reserved and settled, for a balance that covers five thousand. */
export async function requestsOnOneBalance(place: string, instanceCount: number): Promise<RaceTotals> {
  return race(place, instanceCount, async (instance, customer, all) => {
    const requestId = await hold(instance, customer, minuteMs);
    if (requestId === null) return false;
    await settle(instance, customer, requestId, all);
    return true;
  });
}

type Attempt = (instance: Instance, customer: Customer, all: readonly Instance[]) => Promise<boolean>;

async function race(place: string, instanceCount: number, attempt: Attempt): Promise<RaceTotals> {
  const instances = await openInstances(place, instanceCount);
  const [first] = instances;
  if (!first) throw new Error('there is no instance');
  const [customer] = await openCustomers(first, 1, nanoUsd(price * BigInt(half)));
  if (!customer) throw new Error('there is no customer');
  const asked = half * 2;
  const startedMs = performance.now();
  const served = await Promise.all(
    Array.from({ length: asked }, (_, number) =>
      attempt(instances[number % instanceCount] ?? first, customer, instances),
    ),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const { available } = await readFunds(first.db, customer.accountId);
  await closeInstances(instances);
  return { asked, served: served.filter(Boolean).length, seconds, left: available };
}

/** Requests of many accounts, a number at a time; each is three movements. @returns movements a second */
export async function manyAccounts(
  place: string,
  instanceCount: number,
  atOnce: number,
  requests: number,
): Promise<number> {
  const instances = await openInstances(place, instanceCount);
  const [first] = instances;
  if (!first) throw new Error('there is no instance');
  const customers = await openCustomers(first, 1_000, nanoUsd(price * BigInt(requests)));
  let next = 0;
  const work = async (): Promise<void> => {
    for (let number = next++; number < requests; number = next++) {
      const customer = customers[(number * 7) % customers.length];
      const instance = instances[number % instanceCount];
      if (!customer || !instance) return;
      const requestId = await hold(instance, customer, 1_000);
      if (requestId !== null) await settle(instance, customer, requestId);
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: atOnce }, work));
  const seconds = (performance.now() - startedMs) / 1000;
  await closeInstances(instances);
  // A hold that is used up is moved in and charged; nothing is left to return.
  return (requests * 2) / seconds;
}
