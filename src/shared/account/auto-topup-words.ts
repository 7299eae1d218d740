import type { AutoTopup } from './auto-topup.ts';
import { failureWords } from './orders.ts';

/** Why automatic top-ups pause, for a person. */
const reasons: Readonly<Record<string, string>> = {
  authentication_required:
    'The bank wants you to confirm the payment yourself. Top up once by hand, then switch it on again.',
  card_declined: 'The card was declined. Save another one, or ask your bank.',
  declined: 'The payment was declined. Save another payment method, or ask your bank.',
  expired_card: 'The card has expired. Save another one.',
  generic_decline: 'The bank declined the payment without a reason. Ask your bank, or save another card.',
  insufficient_funds: 'There was not enough money on the card’s account.',
  payment_disputed: 'A payment was disputed at the bank. No automatic charges until you switch them on again.',
  payment_unavailable: 'The payment provider could not be reached for a day. Nothing was charged.',
};

/** Why automatic top-ups are paused, as a sentence; an unknown reason as the bank gave it. */
export function pausedWords(reason: string | null): string {
  const code = reason ?? 'declined';
  return reasons[code] ?? `The payment was declined: ${failureWords(code)}.`;
}

/** How automatic top-ups stand, in a few words. */
export function autoTopupWords({ status, pausedReason, amount, threshold, isCapReached }: AutoTopup): string {
  if (status === 'paused') return `paused: ${pausedWords(pausedReason)}`;
  if (status === 'off') return 'off';
  return `$${amount} when the balance is below $${threshold}${isCapReached ? ', but this month’s limit is reached' : ''}`;
}
