import { minuteMs } from '../time.ts';

/** An account that reports its balance does so every few seconds: one that is this old is shown as such. */
export const oldBalanceMs = 2 * minuteMs;
