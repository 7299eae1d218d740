import { dayMs } from '#shared/time.ts';
import type { Handlers, Output } from '#shared/contract/contract.ts';
import { anyUsage } from '#shared/contract/no-filter.ts';
import type { Lane } from '#shared/account/request.ts';
import type { Balance } from '#shared/domain/balance.ts';
import { type NanoUsd, nanoUsd, parseUsd, sumUsd, usdText, zeroUsd } from '#shared/money.ts';
import type { AccountLink } from './account-link.ts';
import { type AccountState, isStale } from './account-state.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import type { UsageGroup } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { BalanceWatch } from './balance-alerts.ts';
import { type Calendar, createCalendar } from '../calendar.ts';
import type { Emit } from '../emit.ts';
import { createThrottle } from '../throttle.ts';
import { createForecast } from './forecast.ts';

const periodMs = 100;

export interface BalanceServiceDeps {
  link: AccountLink;
  store: Pick<Store, 'requests' | 'rollups'>;
  clock: Clock;
  logger: Logger;
  watch: BalanceWatch;
  emit: Emit;
  /** The least that requests from this machine cost beyond the holds and charges that the account has reported. */
  inFlight(): NanoUsd;
}

export interface BalanceService {
  handlers: Pick<Handlers, 'balance.get' | 'balance.spend'>;
  /** Something that the balance is computed from has changed. */
  changed(): void;
  stop(): void;
}

export function createBalanceService(deps: BalanceServiceDeps): BalanceService {
  const { link, store, clock, logger, watch, emit, inFlight } = deps;
  const forecast = createForecast(store, link.sinceMs);
  const throttle = createThrottle(clock, periodMs, () => {
    current()
      .then((balance) => {
        watch.see(balance);
        emit('balance.changed', balance);
      })
      .catch((error: unknown) => logger.warn('balance.unreadable', { cause: String(error) }));
  });
  const stopListening = store.requests.onChanged(() => {
    if (link.state()?.hasAccountApi === false) throttle.ask();
  });

  async function current(): Promise<Balance> {
    const state = link.state();
    if (!state) return { state: 'none' };
    if (!state.account || state.confirmedAtMs === null) return { state: 'unknown', reason: reasonFor(state) };
    if (state.hasAccountApi !== false) return totals(state, inFlight(), clock.nowMs());
    const { account, confirmedAtMs } = state;
    return estimate({ account, confirmedAtMs }, await store.requests.prepaidCostSince(confirmedAtMs), inFlight());
  }

  const sumByLane = (borders: readonly number[]) => store.rollups.sum(borders, 'lane', anyUsage);

  async function spend(calendar: Calendar): Promise<Output<'balance.spend'>> {
    const nowMs = clock.nowMs();
    const dayStart = calendar.startOfDay(nowMs);
    const monthStart = calendar.startOfMonth(nowMs);
    const [beforeToday = [], today = []] = await sumByLane([monthStart, dayStart, nowMs + dayMs]);
    return {
      today: { fromMs: dayStart, ...spendOf(today) },
      month: { fromMs: monthStart, ...spendOf([...beforeToday, ...today]) },
      ...(await forecast(nowMs, await current())),
    };
  }

  const handlers = {
    async 'balance.get'({ refresh }) {
      if (refresh) await link.refresh();
      return current();
    },
    'balance.spend': async ({ timeZone }) => spend(createCalendar(timeZone)),
  } satisfies BalanceService['handlers'];

  return {
    handlers,
    changed: throttle.ask,
    stop() {
      stopListening();
      throttle.stop();
    },
  };
}

function reasonFor({ problem, hasAccountApi }: AccountState): string {
  if (problem) return problem.message;
  return hasAccountApi === false
    ? 'This service does not report its balance here; see its own dashboard.'
    : 'The account has not answered yet.';
}

/** The last balance the service reported, less what was metered here since. */
function estimate(
  { account, confirmedAtMs }: { account: NonNullable<AccountState['account']>; confirmedAtMs: number },
  spent: NanoUsd,
  running: NanoUsd,
): Balance {
  const left = nanoUsd((parseUsd(account.balance) ?? zeroUsd) - spent);
  return {
    state: 'stale',
    balance: usdText(left),
    held: usdText(running),
    spendable: usdText(nanoUsd(left - running)),
    asOfMs: confirmedAtMs,
    isPlayMoney: account.isPlayMoney,
    isEstimate: true,
    topupUrl: account.topupUrl,
  };
}

function totals(state: AccountState, inFlight: NanoUsd, nowMs: number): Balance {
  const { account, confirmedAtMs } = state;
  if (!account || confirmedAtMs === null) return { state: 'unknown', reason: reasonFor(state) };
  const { balance, isPlayMoney, topupUrl } = account;
  const more = (amount: string, added: NanoUsd) => usdText(nanoUsd((parseUsd(amount) ?? zeroUsd) + added));
  return {
    state: isStale(state, nowMs) ? 'stale' : 'confirmed',
    balance,
    held: more(account.held, inFlight),
    spendable: more(account.spendable, nanoUsd(-inFlight)),
    asOfMs: confirmedAtMs,
    isPlayMoney,
    isEstimate: false,
    topupUrl,
  };
}

function spendOf(totals: readonly UsageGroup[]): Omit<Output<'balance.spend'>['today'], 'fromMs'> {
  return {
    prepaid: usdText(costOf(totals, 'prepaid')),
    byokEstimate: usdText(costOf(totals, 'byok')),
    requests: totals.reduce((sum, { requests }) => sum + requests, 0),
    unpriced: totals.reduce((sum, { unpriced }) => sum + unpriced, 0),
  };
}

function costOf(totals: readonly UsageGroup[], lane: Lane): NanoUsd {
  return sumUsd(totals.filter((total) => total.value === lane).map(({ costNanoUsd }) => costNanoUsd));
}
