import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, usdText } from '#shared/money.ts';
import { nextPeriod } from '#shared/time.ts';
import { balanceOf, decideHold, type Funds } from '../ledger/decide-hold.ts';
import type { SpendCap } from '../limits/spend-cap.ts';
import { writeOffReset } from '../ledger/write-off-limit.ts';
import { costOfOutput, tokensFor } from '#shared/metering/output-cost.ts';
import type { HoldSize } from './size-hold.ts';

interface RefusalFacts {
  exhaustedStatus: 402 | 429;
  topupUrl(): string;
  nowMs: number;
}

/** Why no money could be reserved: a cap, where the balance alone would have been enough; else the balance. */
export function refusalFor(
  size: HoldSize,
  { funds, cap }: { funds: Funds; cap: SpendCap | null },
  facts: RefusalFacts,
): CorvusError {
  const isCapped = cap !== null && decideHold(size, funds, false).kind === 'hold';
  return isCapped ? capReached(size, cap, facts.nowMs) : outOfBalance(size, funds, facts);
}

/** The account has reached its daily write-off limit. */
export function stoppedForToday(
  { writtenOff, nowMs }: { writtenOff: NanoUsd; nowMs: number },
  limit: NanoUsd,
): CorvusError {
  const resetsAt = new Date(writeOffReset(nowMs)).toISOString();
  const facts = `Requests of this account cost ${usdText(writtenOff)} USD more today than could be charged, and the limit is ${usdText(limit)} USD`;
  const advice = `Top up and set output limits that the balance covers; it goes on at ${resetsAt}, or when the operator lifts it.`;
  return new CorvusError('write_off_limit_reached', `${facts}. ${advice}`, {
    body: { written_off: usdText(writtenOff), limit: usdText(limit), resets_at: resetsAt },
  });
}

/** The account's open requests together may cost more than it has. */
export function tooMuchUnderWay(
  { exposure, available }: { exposure: NanoUsd; available: NanoUsd },
  { exhaustedStatus, topupUrl }: Pick<RefusalFacts, 'exhaustedStatus' | 'topupUrl'>,
): CorvusError {
  const url = topupUrl();
  const facts = `Other requests of this account are under way, and together with this one they may cost more than the ${usdText(available)} USD that are free`;
  const advice = `Wait until they have ended, set a lower output limit, or top up this key at ${url}.`;
  return new CorvusError(
    'insufficient_credits',
    `${facts}: this one up to ${usdText(exposure)} USD beyond what it reserves. ${advice}`,
    {
      status: exhaustedStatus,
      body: { reason: 'under_way', exposure: usdText(exposure), available: usdText(available), topup_url: url },
    },
  );
}

const periodNames = { day: 'daily', week: 'weekly', month: 'monthly' } as const;

/** There is money, but a cap allows no more for now. Only the customer's own change, or time, helps. */
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

function outOfBalance(size: HoldSize, funds: Funds, parts: RefusalFacts): CorvusError {
  const required = usdText(size.minimum);
  const topupUrl = parts.topupUrl();
  const { available, owed } = funds;
  const balance = usdText(balanceOf(funds));
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
