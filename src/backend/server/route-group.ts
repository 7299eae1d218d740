import type { BalanceRouteDeps } from '../balance/balance-route-deps.ts';
import type { BillingRouteDeps } from '../billing/billing-route-deps.ts';
import type { CompatibilityRouteDeps } from '../compatibility/compatibility-route-deps.ts';
import type { CustomerRouteDeps } from '../customers/customer-route-deps.ts';
import type { DocumentRouteDeps } from '../documents/document-route-deps.ts';
import { type HttpEndpoint, withDeps } from '../http/endpoint.ts';
import type { KeyRouteDeps } from '../keys/key-route-deps.ts';
import type { LimitRouteDeps } from '../limits/limit-route-deps.ts';
import type { MemberRouteDeps } from '../members/member-route-deps.ts';
import type { ModelRouteDeps } from '../models/model-route-deps.ts';
import type { OperationsRouteDeps } from '../operations/operations-route-deps.ts';
import type { OperatorRouteDeps } from '../operator/operator-route-deps.ts';
import type { PortalRouteDeps } from '../portal/portal-route-deps.ts';
import type { PricingRouteDeps } from '../pricing/pricing-route-deps.ts';
import type { UpstreamRouteDeps } from '../upstreams/upstream-route-deps.ts';
import type { UsageRouteDeps } from '../usage/usage-route-deps.ts';

/** What the routes of each feature work with. */
export interface RouteDeps {
  /** What the pages of every feature work with besides: who is logged in. */
  access: PortalRouteDeps & OperatorRouteDeps;
  balance: BalanceRouteDeps;
  billing: BillingRouteDeps;
  compatibility: CompatibilityRouteDeps;
  customers: CustomerRouteDeps;
  documents: DocumentRouteDeps;
  keys: KeyRouteDeps;
  limits: LimitRouteDeps;
  members: MemberRouteDeps;
  models: ModelRouteDeps;
  operations: OperationsRouteDeps;
  pricing: PricingRouteDeps;
  upstreams: UpstreamRouteDeps;
  usage: UsageRouteDeps;
}

/** Routes of one feature that stand together. */
export interface RouteGroup {
  endpoints: readonly HttpEndpoint<never>[];
  /** The routes with what their feature works with. */
  bind(deps: RouteDeps): HttpEndpoint<void>[];
}

/**
 * @param feature whose dependencies the routes get; the types say that these, and who is logged in, are what they need
 */
export function group<Feature extends keyof RouteDeps>(
  feature: Feature,
  ...endpoints: readonly HttpEndpoint<RouteDeps[Feature] & RouteDeps['access']>[]
): RouteGroup {
  return {
    endpoints,
    bind: (deps) => endpoints.map((endpoint) => withDeps(endpoint, { ...deps.access, ...deps[feature] })),
  };
}
