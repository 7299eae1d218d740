import { useCorvusQuery } from './query.ts';

// A quiet account is confirmed again and again without a change: its age is asked for.
const askEveryMs = 30_000;

/** The prepaid balance as last heard; follows every change. */
export function useBalance() {
  return useCorvusQuery(
    'balance.get',
    { refresh: false },
    { refreshOn: ['balance.changed', 'account.changed'], refreshEveryMs: askEveryMs },
  );
}
