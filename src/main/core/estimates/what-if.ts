import { leastInCredits } from '#shared/account/request-billing.ts';
import type { Input, Output } from '#shared/contract/contract.ts';
import type { Alternative } from '#shared/contract/usage.ts';
import { type KnownPrice, priceAt } from '#shared/domain/model-price.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { costOfSum } from '#shared/metering/usage-sum.ts';
import { type NanoUsd, nanoUsd, usdText, zeroUsd } from '#shared/money.ts';
import type { Clock } from '#shared/ports.ts';
import { createCalendar } from '../calendar.ts';
import type { PlacePrices } from '../models/place-prices.ts';
import type { RouteAccount } from '../routing/choose-route.ts';
import type { BilledSum } from '../store/requests/billed-usage.ts';
import type { Store } from '../store/store.ts';
import { usageSpan } from '../usage/usage-span.ts';

export interface WhatIfDeps {
  clock: Pick<Clock, 'nowMs'>;
  store: Pick<Store, 'rollups'>;
  prices: PriceBook;
  placePrices: PlacePrices;
  /** null: no account is connected; then prepaid credit has the catalogue's prices. */
  account(): RouteAccount | null;
}

type Wanted = Pick<Alternative, 'model' | 'at'>;

const usual: readonly Wanted[] = [
  { model: null, at: 'as-sent' },
  { model: null, at: 'prepaid' },
  { model: null, at: 'byok' },
];

/** What the requests of some days would have cost at other prices, from what they consumed. */
export async function whatIf(
  { clock, store, prices, placePrices, account }: WhatIfDeps,
  { timeZone, range, filter, model }: Input<'usage.what-if'>,
): Promise<Output<'usage.what-if'>> {
  const { borders } = usageSpan(range, createCalendar(timeZone), clock.nowMs());
  const span = { fromMs: borders[0] ?? 0, toMs: borders.at(-1) ?? 0 };
  const sums = await store.rollups.billed(span.fromMs, span.toMs, filter);
  const count = (of: 'requests' | 'unmetered') => sums.reduce((total, sum) => total + sum[of], 0);
  const today = { prices, placePrices, account: account() };
  const onModel =
    model === null
      ? []
      : ([
          { model, at: 'prepaid' },
          { model, at: 'byok' },
        ] as const);
  return {
    span,
    metered: count('requests'),
    unmetered: count('unmetered'),
    alternatives: [...usual, ...onModel].map((wanted) => alternative(sums, today, wanted)),
    catalogueVersion: prices.version,
    accountVersion: (today.account?.prices ?? prices).version,
  };
}

interface TodaysPrices extends Pick<WhatIfDeps, 'prices' | 'placePrices'> {
  account: RouteAccount | null;
}

function alternative(sums: readonly BilledSum[], today: TodaysPrices, wanted: Wanted): Alternative {
  let [cost, was, priced, notPriced, wasUnknown] = [0n, 0n, 0, 0, 0];
  let isAtLeast = false;
  for (const sum of sums) {
    const own = costOf(sum, today, wanted);
    if (own === null) {
      notPriced += sum.requests;
      continue;
    }
    const isInCredits = isPrepaid(sum, wanted) && today.account?.inCredits === true;
    cost += isInCredits ? leastInCredits(own, sum.requests) : own;
    isAtLeast ||= isInCredits && sum.requests > 0;
    was += sum.costNanoUsd;
    priced += sum.requests;
    wasUnknown += sum.unpriced;
  }
  return {
    ...wanted,
    cost: priced === 0 && notPriced > 0 ? null : usdText(nanoUsd(cost)),
    isAtLeast,
    priced,
    notPriced,
    was: usdText(nanoUsd(was)),
    wasUnknown,
  };
}

function isPrepaid({ lane }: BilledSum, { at }: Wanted): boolean {
  return at === 'prepaid' || (at === 'as-sent' && lane === 'prepaid');
}

/** By tokens. */
function costOf(sum: BilledSum, today: TodaysPrices, wanted: Wanted): NanoUsd | null {
  const { model, at } = wanted;
  if (at === 'as-sent' && sum.lane === 'local') return zeroUsd;
  const priceOf = (name: string): KnownPrice | null =>
    isPrepaid(sum, wanted) ? prepaidPrice(today, name) : ownKeyPrice(today, sum, name);
  const own = priceOf(sum.served) ?? priceOf(sum.model);
  const price = model === null ? own : priceOf(model);
  if (!price) return null;
  // A model that answers cannot stand in for one that embeds, nor the other way round.
  const embeds = own?.mode === 'embedding';
  return model !== null && (price.mode === 'embedding') !== embeds ? null : costOfSum(sum, price);
}

/** null: it is not sold, or its price is not known. */
function prepaidPrice({ prices, account }: TodaysPrices, model: string): KnownPrice | null {
  const price = (account?.prices ?? prices).find(model);
  const isSold = account?.models ? account.resolve(model) !== null : price?.prepaid;
  return price && isSold ? priceAt(price, true) : null;
}

/** Where a request took another lane, the price of any provider. */
function ownKeyPrice({ placePrices }: TodaysPrices, { lane, provider }: BilledSum, model: string): KnownPrice | null {
  const found = placePrices.at(lane === 'byok' ? provider : '', model);
  return found && priceAt(found.price, false);
}
