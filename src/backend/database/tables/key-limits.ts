import type { Immutable } from './immutable.ts';

/** What a limited key has used in one period. */
export interface KeyWindowTable {
  key_id: Immutable<string>;
  period: Immutable<'minute' | 'day' | 'week' | 'month'>;
  start_ms: Immutable<bigint>;
  requests: bigint;
  tokens: bigint;
  /** Settled; by the day, week and month in which the request was admitted. */
  spent: bigint;
}

/** How many requests an account made in one period. */
export interface AccountWindowTable {
  account_id: Immutable<string>;
  period: Immutable<'minute' | 'burst'>;
  start_ms: Immutable<bigint>;
  requests: bigint;
}

export interface KeyLimitTables {
  account_windows: AccountWindowTable;
  key_windows: KeyWindowTable;
}
