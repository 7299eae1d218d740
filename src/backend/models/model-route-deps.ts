import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { UpstreamPools } from '../upstreams/upstream-pools.ts';

/** What the routes of the model list work with. */
export interface ModelRouteDeps {
  prices: PriceBook;
  pools: UpstreamPools;
}
