import type { Balance } from '#shared/domain/balance.ts';
import { atLeastZero, type NanoUsd, parseUsd, roundDownToCents, usdText, zeroUsd } from '#shared/money.ts';
import type { Notify } from '../ports.ts';

export interface BalanceWatch {
  /** Called with every balance and every change of the limit. */
  see(balance: Balance): void;
}

type Told = 'nothing' | 'low' | 'empty';

/**
 * Warns once when the balance falls below the limit and once when it is used up. Warns again only after it was above.
 */
export function createBalanceWatch(notify: Notify, lowBalance: () => string | null): BalanceWatch {
  let told: Told = 'nothing';
  return {
    see(balance) {
      if (balance.state === 'none' || balance.state === 'unknown') return;
      // A balance from before the connection was lost raises no alarm, unless nothing newer can be known.
      if (balance.state === 'stale' && !balance.isEstimate) return;
      const limit = lowBalance();
      const limitNanoUsd = limit === null ? null : parseUsd(limit);
      const spendable = parseUsd(balance.spendable);
      const whole = parseUsd(balance.balance);
      if (spendable === null || whole === null || limitNanoUsd === null || spendable >= limitNanoUsd) {
        told = 'nothing';
        return;
      }
      // Held money may be released again.
      const isEmpty = whole <= zeroUsd;
      if (told === 'nothing' || (told === 'low' && isEmpty))
        notify.show(isEmpty ? outOfBalance : lowNotification(spendable, balance.isPlayMoney));
      told = isEmpty || told === 'empty' ? 'empty' : 'low';
    },
  };
}

const outOfBalance = { title: 'Out of balance', body: 'Prepaid requests are refused until you top up.' };

function lowNotification(spendable: NanoUsd, isPlayMoney: boolean): { title: string; body: string } {
  const left = `$${usdText(roundDownToCents(atLeastZero(spendable)))}`;
  return {
    title: 'Balance is low',
    body: `${left}${isPlayMoney ? ' of play money' : ''} left for prepaid requests. Top up under Billing.`,
  };
}
