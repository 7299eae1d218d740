import type { Outcome } from '#proxy/call.ts';
import type { ReceiptPart } from '#shared/account/receipt.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { Charge } from '../decide-charge.ts';
import type { HoldSize } from '../size-hold.ts';
import type { UpstreamCandidates } from '../../upstreams/upstream-pools.ts';

/** What was asked for: who may answer it, what it may cost, and what it cost when it is over. */
export interface Quote {
  /** Every model that may answer, as it is sold. */
  models: readonly ModelPrice[];
  candidates: UpstreamCandidates;
  size: HoldSize;
  /** What it counts as against a limit of tokens until it is known better. */
  expectedTokens: number;
  /** Whether its hold can grow while it is answered. */
  isPaidAsItGoes: boolean;
  /** What was consumed. Told once, when the call is over; pools and forecasts learn from it. */
  meter(outcome: Outcome, relayedTokens: number): MeteredCall;
}

/** What a call consumed by its tokens, before its account's plan makes a charge of it. */
export interface MeteredCall extends Charge {
  /** How figures call what was asked for. */
  label: { family: string; slug: string };
  /** The answers it was made of; null: a model was asked for by its own name. */
  parts: ReceiptPart[] | null;
  /** Its consumption could not be found out. */
  isUnmetered?: true;
  /** What the upstreams took; null: not known. */
  upstreamCost: NanoUsd | null;
}
