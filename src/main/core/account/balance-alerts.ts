import type { Balance } from '#shared/domain/balance.ts';
import { type NanoUsd, parseUsd, roundDownToCents, usdText } from '#shared/money.ts';
import type { Notify } from '../ports.ts';

export interface BalanceWatch {
  /** Called with every balance and every change of the limit. */
  see(balance: Balance): void;
}

/** Warns once when the balance falls below the limit, and again only after it was above. */
export function createBalanceWatch(notify: Notify, lowBalance: () => string | null): BalanceWatch {
  let wasLow = false;
  return {
    see(balance) {
      if (balance.state === 'none' || balance.state === 'unknown') return;
      const limit = lowBalance();
      const spendable = parseUsd(balance.spendable);
      const limitNanoUsd = limit === null ? null : parseUsd(limit);
      if (spendable === null || limitNanoUsd === null) {
        wasLow = false;
        return;
      }
      const isLow = spendable < limitNanoUsd;
      if (isLow && !wasLow) notify.show(notification(spendable, balance.isPlayMoney));
      wasLow = isLow;
    },
  };
}

function notification(spendable: NanoUsd, isPlayMoney: boolean): { title: string; body: string } {
  const left = `$${usdText(roundDownToCents(spendable))}`;
  if (spendable <= 0n) return { title: 'Out of balance', body: 'Prepaid requests are refused until you top up.' };
  return {
    title: 'Balance is low',
    body: `${left}${isPlayMoney ? ' of play money' : ''} left for prepaid requests. Top up under Billing.`,
  };
}
