import type { AutoTopup } from '#shared/account/auto-topup.ts';
import { pausedWords } from '#shared/account/auto-topup-words.ts';
import type { Notify } from '../ports.ts';
import type { AccountState } from './account-state.ts';

export interface AutoTopupWatch {
  see(state: AccountState): void;
}

/** Notifies once when automatic top-ups pause: the balance is no longer topped up, and requests stop at zero. */
export function createAutoTopupWatch(notify: Notify): AutoTopupWatch {
  let last: { accountId: string; status: AutoTopup['status'] } | null = null;
  return {
    see({ account }) {
      if (!account?.autoTopup) return;
      const { status, pausedReason } = account.autoTopup;
      const hasPaused = status === 'paused' && last?.accountId === account.id && last.status !== 'paused';
      last = { accountId: account.id, status };
      if (hasPaused) notify.show({ title: 'Automatic top-ups are paused', body: pausedWords(pausedReason) });
    },
  };
}
