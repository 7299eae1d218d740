import type { NanoUsd } from '#shared/money.ts';

/** What an account had when it said so last. */
export interface AccountFigure {
  accountId: string;
  /** Its balance less its holds. */
  spendable: NanoUsd;
  held: NanoUsd;
  /** The newest line of its statement that is in these amounts. */
  ledgerSequence: number;
  /** When it was heard from last. */
  confirmedAtMs: number;
  /** Whether any change since would have been heard. */
  isFresh: boolean;
}
