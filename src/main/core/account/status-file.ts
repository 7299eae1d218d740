import { join } from 'node:path';
import type { Output } from '#shared/contract/contract.ts';
import type { Balance } from '#shared/domain/balance.ts';
import { type NanoUsd, parseUsd, roundDownToCents, usdText, zeroUsd } from '#shared/money.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';
import type { Ports } from '../ports.ts';
import { createSerialQueue } from '../serial-queue.ts';
import { createThrottle } from '../throttle.ts';

const periodMs = 5_000;
/** A day ends without an event, and what was spent today begins again. */
const lookMs = minuteMs;
const fileName = 'status.json';

export interface StatusFileDeps {
  clock: Clock;
  logger: Logger;
  paths: Pick<Ports['paths'], 'home'>;
  userSpace: Pick<Ports['userSpace'], 'writeOwn' | 'remove'>;
  isOn(): boolean;
  balance(): Promise<Balance>;
  spend(timeZone: string): Promise<Output<'balance.spend'>>;
}

export interface StatusFile {
  /** The balance, or the choice to have the file, has changed. */
  changed(): void;
  /** Resolves when what was asked for is on the disk. */
  settled(): Promise<void>;
  stop(): void;
}

/**
 * A file for status bars in the data folder: the balance and what today cost. Written as a whole, at most every five
 * seconds, and only where something changed, which is looked for every minute too; removed when the person turns it off.
 */
export function createStatusFile(deps: StatusFileDeps): StatusFile {
  const { clock, logger, paths, userSpace, isOn } = deps;
  const path = join(paths.home, fileName);
  /** Without its time; null: there is no file. Unknown before the first look. */
  let written: string | null | undefined;

  async function write(): Promise<void> {
    if (!isOn()) {
      if (written !== null) await userSpace.remove(path);
      written = null;
      return;
    }
    const status = statusOf(await deps.balance(), await deps.spend(Intl.DateTimeFormat().resolvedOptions().timeZone));
    const text = JSON.stringify(status);
    if (text === written) return;
    const updatedAt = new Date(clock.nowMs()).toISOString();
    await userSpace.writeOwn(path, `${JSON.stringify({ ...status, updatedAt })}\n`);
    written = text;
  }

  const inTurn = createSerialQueue();
  const writeInTurn = (): Promise<void> =>
    inTurn(write).catch((error: unknown) => logger.warn('status-file.unwritten', { message: String(error) }));
  const throttle = createThrottle(clock, periodMs, () => void writeInTurn());
  const stopLooking = clock.every(lookMs, () => {
    if (isOn()) throttle.ask();
  });
  return {
    changed: throttle.ask,
    settled: () => inTurn(async () => undefined),
    stop() {
      stopLooking();
      throttle.stop();
    },
  };
}

function statusOf(balance: Balance, { today }: Output<'balance.spend'>) {
  const spent = {
    today: {
      prepaid: today.prepaid,
      byokEstimate: today.byokEstimate,
      requests: today.requests,
      unpriced: today.unpriced,
    },
  };
  if (balance.state === 'none' || balance.state === 'unknown') return { text: '–', state: balance.state, ...spent };
  const { state, balance: total, held, spendable, asOfMs, isPlayMoney, isEstimate } = balance;
  return {
    text: dollars(roundDownToCents(parseUsd(spendable) ?? zeroUsd)),
    state,
    currency: 'USD',
    balance: total,
    held,
    spendable,
    asOf: new Date(asOfMs).toISOString(),
    isPlayMoney,
    isEstimate,
    ...spent,
  };
}

function dollars(amount: NanoUsd): string {
  const text = usdText(amount);
  return text.startsWith('-') ? `-$${text.slice(1)}` : `$${text}`;
}
