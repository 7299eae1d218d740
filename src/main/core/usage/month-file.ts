import { startThread } from '#proxy/start-thread.ts';
import type { Handlers, Output } from '#shared/contract/contract.ts';
import { anyUsage } from '#shared/contract/no-filter.ts';
import type { UsageDimension, UsageSums } from '#shared/contract/usage.ts';
import { CorvusError } from '#shared/errors.ts';
import { usdText } from '#shared/money.ts';
import type { Clock } from '#shared/ports.ts';
import { createCalendar } from '../calendar.ts';
import type { Store } from '../store/store.ts';
import type { DrawnSheet, MonthSheet, SheetTable } from './month-sheet.ts';

export interface MonthFileDeps {
  clock: Clock;
  store: Pick<Store, 'mirror'>;
  report: Handlers['usage.report'];
  /** The prepaid account; null: none is connected, or it never answered. */
  account(): { id: string; isPlayMoney: boolean } | null;
}

/** Values of a dimension beyond these are added up in one line. */
const mostRows = 60;
const mostValues = 1_000;

const laneNames: Readonly<Record<string, string>> = {
  prepaid: 'Prepaid credit',
  byok: 'Own keys (estimate, billed by the providers)',
  local: 'Models on this machine',
};
const kindNames = {
  topup: 'Top-ups',
  grant: 'Credit that was given',
  usage: 'Usage',
  refund: 'Refunds and disputes',
  adjustment: 'Adjustments',
} as const;

/** A month's expenses as a PDF file, drawn in a thread of its own. */
export function createMonthFile(deps: MonthFileDeps): Pick<Handlers, 'usage.month-file'> {
  return {
    async 'usage.month-file'({ timeZone, month }) {
      const bytes = await drawSheet(await sheetOf(deps, timeZone, month));
      return { name: `corvus-${month}.pdf`, base64: Buffer.from(bytes).toString('base64') };
    },
  };
}

async function sheetOf(deps: MonthFileDeps, timeZone: string, month: string): Promise<MonthSheet> {
  const calendar = createCalendar(timeZone);
  const { startMs, endMs } = calendar.periodAt('month', calendar.startOfDate(`${month}-01`));
  const [year = 0, number = 0] = month.split('-').map(Number);
  const lastDay = String(new Date(Date.UTC(year, number, 0)).getUTCDate()).padStart(2, '0');
  const range = `${month}-01..${month}-${lastDay}`;
  const reportBy = (by: UsageDimension) =>
    deps.report({ timeZone, range, by, filter: anyUsage, sort: 'cost', limit: mostValues });
  const [byLane, byTool, byModel] = await Promise.all([reportBy('lane'), reportBy('tool'), reportBy('model')]);
  const { total } = byLane;
  const now = new Date(deps.clock.nowMs()).toISOString().slice(0, 16).replace('T', ' ');
  const account = deps.account();
  const moved = account && (await deps.store.mirror.movements(account.id, startMs, endMs));
  return {
    title: `AI spending, ${monthName(month)}`,
    facts: [
      `${total.cost} USD of ${countText(total.requests)} ${total.requests === 1 ? 'request' : 'requests'}${unknownText(total)}. Days and months are those of ${timeZone}.`,
      ...(deps.clock.nowMs() < endMs ? ['The month is not over.'] : []),
      ...(account?.isPlayMoney ? ['The prepaid account has play money, which is worth nothing.'] : []),
    ],
    tables: [
      usageTable('By lane', byLane, (lane) => laneNames[lane] ?? 'Not sent'),
      usageTable('By tool', byTool, orUnknown),
      usageTable('By model', byModel, orUnknown),
      dayTable(byLane, timeZone),
      ...(moved ? [accountTable(moved)] : []),
    ],
    foot: `Made by Corvus on ${now} UTC from the requests on this machine. No invoice.`,
  };
}

type Report = Output<'usage.report'>;
const usageHeads = ['Requests', 'Tokens', 'Cost unknown', 'USD'];

function usageTable(title: string, { rows, total, more }: Report, nameOf: (value: string) => string): SheetTable {
  // A report also has what was used in the month before only.
  const used = rows.filter(({ sums }) => sums.requests > 0);
  const rest = Math.max(0, used.length - mostRows);
  return {
    title,
    heads: ['', ...usageHeads],
    rows: [
      ...used.slice(0, mostRows).map(({ value, sums }) => [nameOf(value), ...sumCells(sums)]),
      ...(rest > 0 ? [[`${countText(rest)}${more > 0 ? ' or' : ''} more, in the sum`, '', '', '', '']] : []),
    ],
    sum: ['Sum', ...sumCells(total)],
  };
}

/** Where nothing is known of the cost, it is not zero. */
function sumCells({ requests, inputTokens, outputTokens, unpriced, cost }: UsageSums): string[] {
  const known = unpriced > 0 && cost === '0.00' ? 'unknown' : cost;
  return [countText(requests), countText(inputTokens + outputTokens), unpriced === 0 ? '' : countText(unpriced), known];
}

function dayTable({ buckets, total }: Report, timeZone: string): SheetTable {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return {
    title: 'By day',
    heads: ['', ...usageHeads],
    rows: buckets
      .filter(({ total: { requests } }) => requests > 0)
      .map(({ fromMs, total: sums }) => [format.format(fromMs), ...sumCells(sums)]),
    sum: ['Sum', ...sumCells(total)],
  };
}

function accountTable({ opening, closing, kinds }: Awaited<ReturnType<Store['mirror']['movements']>>): SheetTable {
  return {
    title: 'The prepaid account',
    heads: ['', 'Entries', 'USD'],
    rows: [
      ['Balance before', '', opening === null ? 'unknown' : usdText(opening)],
      ...kinds.map(({ kind, entries, amount }) => [kindNames[kind], countText(entries), usdText(amount)]),
    ],
    sum: ['Balance after', '', closing === null ? 'unknown' : usdText(closing)],
  };
}

function unknownText({ unpriced }: UsageSums): string {
  return unpriced === 0 ? '' : `, and ${countText(unpriced)} of unknown cost, which are in no sum`;
}

function countText(count: number): string {
  return count.toLocaleString('en');
}

function orUnknown(value: string): string {
  return value === '' ? 'Unknown' : value;
}

function monthName(month: string): string {
  const format = new Intl.DateTimeFormat('en', { timeZone: 'UTC', month: 'long', year: 'numeric' });
  return format.format(Date.parse(`${month}-01T00:00:00Z`));
}

async function drawSheet(sheet: MonthSheet): Promise<Uint8Array> {
  const worker = startThread(import.meta.url, './sheet-worker.ts', { workerData: sheet });
  try {
    const drawn = await new Promise<DrawnSheet>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the thread ended')));
    });
    if ('error' in drawn) throw new CorvusError('internal_error', 'The file could not be drawn.', {}, drawn.error);
    return drawn.bytes;
  } finally {
    await worker.terminate();
  }
}
