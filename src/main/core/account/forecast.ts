import type { Output } from '#shared/contract/contract.ts';
import { anyUsage } from '#shared/contract/no-filter.ts';
import type { Balance } from '#shared/domain/balance.ts';
import type { Forecast } from '#shared/domain/forecast-words.ts';
import { type NanoUsd, nanoUsd, parseUsd, sumUsd, usdText, zeroUsd } from '#shared/money.ts';
import { dayMs, hourMs, quarterMs } from '#shared/time.ts';
import type { Store } from '../store/store.ts';

type Outlook = Pick<Output<'balance.spend'>, 'pace' | 'lasts'>;

/** With fewer days, the mean is too uncertain. */
const leastDays = 3;
/** A day counts half as much as one that is a week younger. */
const halfLifeDays = 7;
/** Standard deviations that leave one case of ten on each side. */
const width = 1.2816;

const historyDays = 28;
const lastHoursMs = 3 * hourMs;

/**
 * How long a balance lasts at the pace of the last hours and weeks. @param accountSinceMs when the account was
 * connected: another account paid for earlier purchases
 */
export function createForecast(
  { rollups }: Pick<Store, 'rollups'>,
  accountSinceMs: () => number | null,
): (nowMs: number, balance: Balance) => Promise<Outlook> {
  let history: { sinceMs: number; toMs: number; days: Promise<NanoUsd[]> } | null = null;

  async function prepaidCosts(borders: readonly number[]): Promise<NanoUsd[]> {
    const spans = await rollups.sum(borders, 'lane', { ...anyUsage, lane: 'prepaid' });
    return spans.map((groups) => sumUsd(groups.map(({ costNanoUsd }) => costNanoUsd)));
  }

  /** The spend in each of the last 24-hour periods, the newest first; refreshed every quarter of an hour. */
  function lastDays(sinceMs: number, toMs: number): Promise<NanoUsd[]> {
    if (history?.sinceMs !== sinceMs || history.toMs !== toMs) {
      const borders = Array.from({ length: historyDays + 1 }, (_, index) =>
        Math.max(toMs - (historyDays - index) * dayMs, sinceMs),
      );
      const days = prepaidCosts(borders).then((costs) => costs.toReversed());
      const read = { sinceMs, toMs, days };
      history = read;
      // A failed read is retried at the next call.
      days.catch(() => (history = history === read ? null : history));
    }
    return history.days;
  }

  return async (nowMs, balance) => {
    const toMs = Math.ceil(nowMs / quarterMs) * quarterMs;
    const connectedAtMs = Math.min(accountSinceMs() ?? nowMs, nowMs);
    const sinceMs = connectedAtMs - (connectedAtMs % quarterMs);
    const [[lastHours = zeroUsd], days] = await Promise.all([
      prepaidCosts([Math.max(toMs - lastHoursMs, sinceMs), toMs]),
      lastDays(sinceMs, toMs),
    ]);
    const pace = paceOf(days);
    const spendable = balance.state === 'none' || balance.state === 'unknown' ? null : parseUsd(balance.spendable);
    return {
      pace: { lastHours: usdText(lastHours), perDay: pace && usdText(pace.perDay), days: daysKnown(days) },
      lasts: pace && spendable !== null ? forecastOf(spendable, pace) : null,
    };
  };
}

interface Pace {
  /** Dollars; enough digits for a forecast. */
  mean: number;
  variance: number;
  /**
   * The effective sample size: this many equally weighted days would say as much as these, whose weight falls with age.
   */
  weight: number;
}

/**
 * The cost of a day, estimated from the last days, the newest first. Days before the first spend are ignored. null: too
 * few days.
 */
export function paceOf(days: readonly NanoUsd[]): (Pace & { perDay: NanoUsd }) | null {
  const known = daysKnown(days);
  if (known < leastDays) return null;
  const spent = days.slice(0, known).map((amount) => Number(amount) / 1e9);
  const weights = spent.map((_, age) => 0.5 ** (age / halfLifeDays));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const weighted = (valueOf: (amount: number) => number): number =>
    spent.reduce((sum, amount, age) => sum + valueOf(amount) * (weights[age] ?? 0), 0) / total;
  const mean = weighted((amount) => amount);
  const weight = total ** 2 / weights.reduce((sum, each) => sum + each ** 2, 0);
  const variance = (weighted((amount) => (amount - mean) ** 2) * weight) / (weight - 1);
  return { mean, variance, weight, perDay: nanoUsd(BigInt(Math.round(mean * 1e9))) };
}

/** The days from the first one with a cost until now. */
export function daysKnown(days: readonly NanoUsd[]): number {
  return days.findLastIndex((amount) => amount > 0n) + 1;
}

/**
 * The days that a balance lasts. What n days cost is their mean, give or take what single days differ by and what the
 * mean of so few days may be wrong by; the range ends where that reaches the balance.
 */
export function forecastOf(spendable: NanoUsd, { mean, variance, weight }: Pace): Forecast {
  if (spendable <= 0n) return { shortestDays: 0, likelyDays: 0, longestDays: 0 };
  const left = Number(spendable) / 1e9;
  // (left - n mean)² = width² (n variance + n² variance / weight), solved for n
  const spread = width ** 2 * variance;
  const squared = mean ** 2 - spread / weight;
  const linear = 2 * left * mean + spread;
  const root = Math.sqrt(linear ** 2 - 4 * squared * left ** 2);
  return {
    shortestDays: tenths((2 * left ** 2) / (linear + root)),
    likelyDays: tenths(left / mean),
    longestDays: squared > 0 ? tenths((linear + root) / (2 * squared)) : null,
  };
}

function tenths(days: number): number {
  return Math.round(days * 10) / 10;
}
