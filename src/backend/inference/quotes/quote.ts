import type { Outcome } from '#proxy/call.ts';
import type { ReceiptPart } from '#shared/account/receipt.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { Charge } from '../decide-charge.ts';
import type { HoldSize } from '../size-hold.ts';
import type { UpstreamCandidates } from '../../upstreams/upstream-pools.ts';

/** What was asked for: the models that may answer, what it may cost, and what it did cost. */
export interface Quote {
  /** Every model that may answer, as it is sold. */
  models: readonly ModelPrice[];
  candidates: UpstreamCandidates;
  size: HoldSize;
  /** What it counts as against a token limit until its usage is known. */
  expectedTokens: number;
  /** Whether its hold can grow while it is answered. */
  isPaidAsItGoes: boolean;
  /** Resolves when none of its models is being asked any more; absent: none is beside the call itself. */
  idle?(): Promise<void>;
  /** Meters the call. Called once, when it is over; records the result with pools and forecasts. */
  meter(outcome: Outcome, relayedTokens: number): MeteredCall;
}

/** The token cost of a call, before its account's plan turns it into a charge. */
export interface MeteredCall extends Charge {
  /** The labels of what was asked for, in metrics. */
  label: { family: string; slug: string };
  /** The answers it was made of; null: a model was asked for by its own name. */
  parts: ReceiptPart[] | null;
  /** Its usage could not be priced. */
  isUnmetered?: true;
  /** What the upstreams charge; null: not known. */
  upstreamCost: NanoUsd | null;
}
