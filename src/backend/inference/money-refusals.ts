import { CorvusError } from '#shared/errors.ts';
import { usdText } from '#shared/money.ts';
import { balanceOf, decideHold, type Purse } from '../ledger/decide-hold.ts';
import { nextPeriod, type SpendCap } from '../ledger/spend-cap.ts';
import { costOfOutput, type HoldSize, tokensFor } from './size-hold.ts';

interface RefusalFacts {
  exhaustedStatus: 402 | 429;
  topupUrl(): string;
  nowMs: number;
}

/** Why no money could be reserved: a cap, where the balance alone would have been enough; else the balance. */
export function refusalFor(size: HoldSize, { purse, cap }: { purse: Purse; cap: SpendCap | null }, facts: RefusalFacts): CorvusError {
  const isCapped = cap !== null && decideHold(size, purse, false).kind === 'hold';
  return isCapped ? capReached(size, cap, facts.nowMs) : outOfBalance(size, purse, facts);
}

const periodNames = { day: 'daily', week: 'weekly', month: 'monthly' } as const;

/** There is money, but no more may be spent for now. Nothing but the customer's own decision, or time, changes that. */
function capReached(size: HoldSize, { layer, period, limit, spent, held }: SpendCap, nowMs: number): CorvusError {
  const resetsAt = new Date(nextPeriod(period, nowMs)).toISOString();
  const facts = `${usdText(spent)} USD are spent and ${usdText(held)} USD are held of ${usdText(limit)} USD`;
  const name = `${periodNames[period]} cap${layer === 'key' ? ' of this key' : ''}`;
  const message = `The ${name} is reached: ${facts}, and this request needs at least ${usdText(size.minimum)} USD. Raise the cap, or wait until ${resetsAt}.`;
  return new CorvusError('insufficient_credits', message, {
    status: 402,
    body: {
      reason: layer === 'key' ? 'key_limit' : 'monthly_cap',
      period,
      required: usdText(size.minimum),
      limit: usdText(limit),
      spent: usdText(spent),
      held: usdText(held),
      resets_at: resetsAt,
    },
  });
}

function outOfBalance(size: HoldSize, purse: Purse, parts: RefusalFacts): CorvusError {
  const required = usdText(size.minimum);
  const topupUrl = parts.topupUrl();
  const { available, owed } = purse;
  const balance = usdText(balanceOf(purse));
  const affordable = Math.min(tokensFor(available - size.inputCost, size.outputRate), Number.MAX_SAFE_INTEGER);
  const why =
    owed > 0n
      ? `${usdText(owed)} USD is owed, because a payment was refunded or disputed after it was spent`
      : `this request needs at least ${required} USD and ${usdText(available)} USD is free`;
  const message = `Out of balance: ${why}. Top up this key at ${topupUrl} to continue.`;
  return new CorvusError('insufficient_credits', message, {
    status: parts.exhaustedStatus,
    body: {
      reason: 'balance',
      required,
      affordable_output_tokens: costOfOutput(1, size.outputRate) === 0n ? 0 : affordable,
      balance,
      topup_url: topupUrl,
    },
  });
}
