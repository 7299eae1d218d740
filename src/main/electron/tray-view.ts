import type { Output } from '#shared/contract/contract.ts';
import type { Balance } from '#shared/domain/balance.ts';
import { oldBalanceMs } from '#shared/domain/old-balance.ts';
import { nanoUsd, type NanoUsd, parseUsd, roundDownToCents, usdText, zeroUsd } from '#shared/money.ts';
import { minuteMs } from '#shared/time.ts';

export type TrayState = 'ok' | 'low' | 'empty' | 'unknown';
export type SpendToday = Output<'balance.spend'>['today'];

export interface TrayFacts {
  balance: Balance;
  /** null: not known yet. */
  today: SpendToday | null;
  lowBalance: string | null;
  nowMs: number;
}

export interface TrayView {
  state: TrayState;
  /** Beside the icon on macOS; empty where no figure is known. */
  title: string;
  balanceLine: string;
  spendLine: string;
}

/** What the tray says. Pure; unknown is never shown as zero, and a figure always comes with its age. */
export function trayView({ balance, today, lowBalance, nowMs }: TrayFacts): TrayView {
  const spendLine = `Today: ${spendText(today)}`;
  if (balance.state === 'none') return { state: 'unknown', title: '', balanceLine: 'No prepaid account', spendLine };
  const spendable = balance.state === 'unknown' ? null : parseUsd(balance.spendable);
  if (balance.state === 'unknown' || spendable === null)
    return { state: 'unknown', title: '', balanceLine: 'Balance not known', spendLine };

  const figure = `${balance.isEstimate ? 'about ' : ''}$${usdText(roundDownToCents(spendable))}`;
  const ageMs = nowMs - balance.asOfMs;
  const age = ageText(ageMs);
  // Colours mean a confirmed figure: an old figure shows its age and gets no colour.
  const isOld = ageMs > oldBalanceMs && !balance.isEstimate;
  const note = balance.state === 'stale' ? `last confirmed ${age}` : age;
  const money = balance.isPlayMoney ? ' play money' : '';
  return {
    state: isOld ? 'unknown' : moneyState(spendable, lowBalance),
    title: figure,
    balanceLine: `${figure}${money} to spend (${note})`,
    spendLine,
  };
}

function moneyState(spendable: NanoUsd, lowBalance: string | null): TrayState {
  if (spendable <= zeroUsd) return 'empty';
  const limit = lowBalance === null ? null : parseUsd(lowBalance);
  return limit !== null && spendable < limit ? 'low' : 'ok';
}

function spendText(today: SpendToday | null): string {
  if (!today) return 'spend not known';
  const prepaid = `${smallUsd(today.prepaid)} spent`;
  const byok = parseUsd(today.byokEstimate) === zeroUsd ? '' : `, about ${smallUsd(today.byokEstimate)} at providers`;
  const unpriced = today.unpriced > 0 ? `, ${today.unpriced} without a known price` : '';
  return `${prepaid}${byok}${unpriced}`;
}

/** Four decimals, because a request often costs less than a cent; never rounds something down to nothing. */
function smallUsd(text: string): string {
  const amount = parseUsd(text);
  if (amount === null) return 'an unknown amount';
  const step = 100_000n;
  if (amount > zeroUsd && amount < step) return 'under $0.0001';
  return `$${usdText(nanoUsd(amount - (amount % step)))}`;
}

export function ageText(ageMs: number): string {
  const minutes = Math.floor(ageMs / minuteMs);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}
