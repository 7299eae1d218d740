import { useCorvusQuery } from './query.ts';

/** The prepaid balance as last heard; follows every change. */
export function useBalance() {
  return useCorvusQuery('balance.get', { refresh: false }, { refreshOn: ['balance.changed', 'account.changed'] });
}
