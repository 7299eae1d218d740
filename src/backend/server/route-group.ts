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

/** What the routes of each feature work with. Pages need to know, besides, who is logged in. */
export interface RouteDeps {
  balance: BalanceRouteDeps & PortalRouteDeps;
  billing: BillingRouteDeps & PortalRouteDeps & OperatorRouteDeps;
  compatibility: CompatibilityRouteDeps;
  customers: CustomerRouteDeps & OperatorRouteDeps;
  documents: DocumentRouteDeps & PortalRouteDeps & OperatorRouteDeps;
  keys: KeyRouteDeps & PortalRouteDeps;
  limits: LimitRouteDeps & PortalRouteDeps;
  members: MemberRouteDeps & PortalRouteDeps;
  models: ModelRouteDeps;
  operations: OperationsRouteDeps & OperatorRouteDeps;
  operator: OperatorRouteDeps;
  portal: PortalRouteDeps;
  pricing: PricingRouteDeps;
  upstreams: UpstreamRouteDeps & OperatorRouteDeps;
  usage: UsageRouteDeps & PortalRouteDeps & OperatorRouteDeps;
}

/** Routes of one feature that stand together. */
export interface RouteGroup {
  endpoints: readonly HttpEndpoint<never>[];
  /** The routes with what their feature works with. */
  bind(deps: RouteDeps): HttpEndpoint<void>[];
}

/** @param feature whose dependencies the routes get; the types say that these are what they need */
export function group<Feature extends keyof RouteDeps>(
  feature: Feature,
  ...endpoints: readonly HttpEndpoint<RouteDeps[Feature]>[]
): RouteGroup {
  return { endpoints, bind: (deps) => endpoints.map((endpoint) => withDeps(endpoint, deps[feature])) };
}
