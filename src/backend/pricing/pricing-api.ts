import { z } from 'zod';
import { priceCatalogueSchema } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';
import { creditsToUsd, tariffsSchema } from '#shared/account/request-billing.ts';
import { usdText } from '#shared/money.ts';
import { readPriceVersion } from './price-version-store.ts';
import { openEndpoint } from '../http/declare-endpoint.ts';
import type { PricingRouteDeps } from './pricing-route-deps.ts';

/** Receipts name the version that priced them. */
export const getPrices = openEndpoint({
  method: 'get',
  path: '/v1/prices',
  tag: 'Models',
  summary: 'The price catalogue of a version; without one, the present one.',
  query: z.object({ version: z.string().max(40).optional() }),
  reply: priceCatalogueSchema,
  errors: ['not_found'],
}).handle<PricingRouteDeps>(async ({ services, query: { version = services.prices.version } }) => {
  const content = await readPriceVersion(services.db, version);
  if (content === null)
    throw new CorvusError('not_found', 'There is no price catalogue of that version.', { param: 'version' });
  return priceCatalogueSchema.parse(JSON.parse(content));
});

export const getTariffs = openEndpoint({
  method: 'get',
  path: '/v1/tariffs',
  tag: 'Models',
  summary:
    'What is charged besides the prices of models: the value of a credit, what each mode reserves, and the minimum charge.',
  reply: tariffsSchema,
}).handle<PricingRouteDeps>(({ services: { tariffs } }) => ({
  object: 'tariffs',
  plan: tariffs.plan,
  minimumCharge: usdText(tariffs.minimumCharge),
  credits: { usd: usdText(creditsToUsd(1)), minimum: 1, reserves: tariffs.modeCredits },
}));
