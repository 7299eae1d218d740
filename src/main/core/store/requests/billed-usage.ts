import { type Lane, laneSchema } from '#shared/account/request.ts';
import { undated } from '#shared/metering/price-catalogue.ts';
import { unitsOf, usageBuckets, usageSchema } from '#shared/metering/usage.ts';
import { inputAbove, type UsageSum } from '#shared/metering/usage-sum.ts';
import type { NanoUsd } from '#shared/money.ts';
import { integer, money, text } from '../database/columns.ts';
import { int, type SqlRow } from '../database/database.ts';
import type { StoredRequest } from './stored-request.ts';
import { bucketColumns, sumsOf, tokenColumns, usageOf } from './request-rows.ts';

/** What rollups keep so that days can be priced again: the tokens that were paid for, by kind. */
export const billedColumns = [
  ...tokenColumns,
  'web_searches',
  'images',
  /** Requests whose usage is known, and not known. */
  'metered',
  'unmetered',
  /** What the former cost, and how many of them cost an unknown amount. */
  'metered_cost',
  'metered_unpriced',
] as const;
type BilledCounts = Record<(typeof billedColumns)[number], bigint>;

/** What decides a price besides lane and model, which rollups keep apart. */
export const priceGroupColumns = ['served', 'input_above', 'service_tier'] as const;
export interface PriceGroup {
  served: string;
  input_above: bigint;
  service_tier: string;
}

const nothing = Object.fromEntries(billedColumns.map((name) => [name, 0n])) as BilledCounts;
const unbilled: ReadonlySet<unknown> = new Set(['open', 'refused', 'failed']);

/** What a request adds. Those that nothing was answered to, and those whose parts are billed, add nothing. */
export function billedCounts(row: StoredRequest): BilledCounts {
  if (row.lane === null || unbilled.has(row.status)) return nothing;
  if (row.fresh_input === null) return { ...nothing, unmetered: 1n };
  const { webSearches = 0, images = 0 } = row.usage_units === null ? {} : (usageOf(row) ?? {});
  const tokens = usageBuckets.map((bucket) => [bucketColumns[bucket], row[bucketColumns[bucket]]]);
  const { cost } = sumsOf(row);
  return {
    ...nothing,
    ...Object.fromEntries(tokens),
    web_searches: int(webSearches),
    images: int(images),
    metered: 1n,
    metered_cost: cost ?? 0n,
    metered_unpriced: cost === null && row.lane !== 'local' ? 1n : 0n,
  };
}

export function priceGroupOf(row: StoredRequest): PriceGroup {
  const served = String(row.model_served ?? '');
  // A dated or prefixed name of the same model says nothing new. Another model does, also if its name begins alike.
  const isSame = served === '' || bareName(served) === bareName(String(row.model_requested));
  const tier = row.usage_units === null ? undefined : usageOf(row)?.serviceTier;
  return {
    served: isSame ? '' : served,
    input_above: int(inputAbove(Number(sumsOf(row).input_tokens ?? 0n))),
    service_tier: tier ?? '',
  };
}

function bareName(slug: string): string {
  return undated(slug.slice(slug.lastIndexOf('/') + 1).toLowerCase());
}

/** What requests of one lane, model and kind of price consumed, and what they cost. */
export interface BilledSum extends UsageSum {
  lane: Lane;
  provider: string;
  model: string;
  /** The model that answered, where its name is another; empty: none. */
  served: string;
  /** Requests of unknown usage, in none of the other counts. */
  unmetered: number;
  /** What those of known usage cost. */
  costNanoUsd: NanoUsd;
  /** How many of them cost an unknown amount. */
  unpriced: number;
}

export function billedSumOf(row: SqlRow): BilledSum {
  const counts = usageBuckets.map((bucket) => [bucket, integer(row, bucketColumns[bucket])]);
  const serviceTier = text(row, 'service_tier');
  const units = unitsOf({ webSearches: integer(row, 'web_searches'), images: integer(row, 'images'), serviceTier });
  return {
    lane: laneSchema.parse(text(row, 'lane')),
    provider: text(row, 'provider'),
    model: text(row, 'model'),
    served: text(row, 'served'),
    inputAbove: integer(row, 'input_above'),
    requests: integer(row, 'metered'),
    unmetered: integer(row, 'unmetered'),
    usage: usageSchema.parse({ ...Object.fromEntries(counts), ...units }),
    costNanoUsd: money(row, 'metered_cost'),
    unpriced: integer(row, 'metered_unpriced'),
  };
}
