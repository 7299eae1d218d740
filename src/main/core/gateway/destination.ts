import type { Target } from '#proxy/call.ts';
import type { RouteReason } from '#shared/account/request.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { Place } from '../envelopes/size-call.ts';

/** One place a call can go, and the price it is metered at there. */
export interface Destination extends Place {
  target: Target;
  reason: RouteReason;
  /** The cost of its sub-requests. */
  partsCost?(): NanoUsd | null;
  catalogueVersion: string;
}

/** Everywhere a call can go. */
export interface RoutePlan {
  first: Destination;
  /** In the order in which they are asked until one answers. */
  others: readonly Destination[];
  /** The plan that was requested; null when a model was. */
  plan: string | null;
  /** An empty account does not lead to the next candidate. */
  staysOnBillingError: boolean;
  /** But the person is notified that it could. */
  asksAfterBillingError: boolean;
}

export function laneHeaders({ lane, provider }: Pick<Destination, 'lane' | 'provider'>): Record<string, string> {
  return lane === null ? {} : { 'x-corvus-lane': lane, 'x-corvus-provider': provider };
}
