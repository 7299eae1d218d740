import type { ColumnType } from 'kysely';

type Immutable<T> = ColumnType<T, T, never>;

/** What a limited key has used in one stretch of time. */
export interface KeyWindowTable {
  key_id: Immutable<string>;
  period: Immutable<'minute' | 'day' | 'week' | 'month'>;
  start_ms: Immutable<bigint>;
  requests: bigint;
  tokens: bigint;
  /** Settled; by the day, week and month in which the request was admitted. */
  spent: bigint;
}

export interface KeyLimitTables {
  key_windows: KeyWindowTable;
}
