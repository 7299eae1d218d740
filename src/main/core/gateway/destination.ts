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
  /** In the order in which they are tried until one answers. */
  others: readonly Destination[];
  /** The plan that was requested; null when a model was. */
  plan: string | null;
  /** If the account is empty, the next candidate is not tried. */
  staysOnBillingError: boolean;
  /** The person is notified that the next candidate could be tried. */
  asksAfterBillingError: boolean;
}

export function laneHeaders({ lane, provider }: Pick<Destination, 'lane' | 'provider'>): Record<string, string> {
  return lane === null ? {} : { 'x-corvus-lane': lane, 'x-corvus-provider': provider };
}
