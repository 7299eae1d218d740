import { type Command, InvalidArgumentError, Option } from 'commander';
import { cacheBreakText } from '#shared/account/cache-break-text.ts';
import type { Input, Output } from '#shared/contract/contract.ts';
import {
  type UsageDimension,
  usageDimensionSchema,
  type UsageRange,
  usageRangeSchema,
} from '#shared/contract/usage.ts';
import type { CommandContext } from '../call-and-print.ts';
import { type Connection, withConnection } from '../connection.ts';
import { filterOf, type FilterOptions } from '../filter-options.ts';
import { counted, facts, printResult, table } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { time } from '../render.ts';

const mostBreaks = 100;

type ByName = Exclude<UsageDimension, 'localKeyId'> | 'key';

export interface UsageOptions extends FilterOptions {
  by: ByName;
  range: UsageRange;
  /** true: no other model is named. */
  whatIf?: string | true;
  /** Where prompt caches were lost, instead of the sums. */
  cache?: boolean;
}

const dimensionNames: readonly ByName[] = usageDimensionSchema.options.map((name) =>
  name === 'localKeyId' ? 'key' : name,
);

/** `corvusllm usage` */
export function addUsageCommand({ program, context }: CommandLine): void {
  withUsageOptions(
    program
      .command('usage')
      .description('Show cost, requests and tokens by tool, model, provider, lane, project, session or key'),
  )
    .option('--what-if [model]', "What it would have cost at today's prices, on each lane, and on another model")
    .option('--cache', 'Show instead the turns whose beginning a prompt cache no longer had, and why')
    .action(({ whatIf, ...options }: UsageOptions) =>
      whatIf === undefined ? showUsage(context(), options) : showWhatIf(context(), options, whatIf),
    );
}

/** The options that choose a report of usage. */
export function withUsageOptions(command: Command): Command {
  return command
    .addOption(new Option('--by <what>', 'What the sums are of').choices(dimensionNames).default('tool'))
    .option(
      '--range <days>',
      'today, yesterday, 24h, 7d, 30d, 90d, month, last-month, or two days: 2026-11-01..2026-11-15',
      parseRange,
      '7d',
    )
    .option('--tool <name>', 'Only of this tool')
    .option('--model <slug>', 'Only for this model')
    .option('--provider <id>', 'Only at this provider')
    .option('--lane <lane>', 'Only on this lane')
    .option('--project <name>', 'Only of this project; an empty name: of none')
    .option('--session <id>', 'Only of this session')
    .option('--key <key>', 'Only with this key: its id or label');
}

/** Days are those of this machine's time zone. */
export async function usageInput(
  connection: Connection,
  { by, range, cache: _cache, ...options }: UsageOptions,
): Promise<Input<'usage.report'>> {
  const { tool, model, provider, lane, project, session, localKeyId } = await filterOf(connection, options);
  return {
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    range,
    by: by === 'key' ? 'localKeyId' : by,
    filter: { tool, model, provider, lane, project, session, localKeyId },
    sort: 'cost',
    limit: null,
  };
}

async function showUsage({ home, isJson, io }: CommandContext, options: UsageOptions): Promise<void> {
  await withConnection(home, async (connection) => {
    const input = await usageInput(connection, options);
    if (options.cache) {
      const { timeZone, range, filter } = input;
      const breaks = await connection.call('usage.cache-breaks', { timeZone, range, filter, limit: mostBreaks });
      return await printResult(io, isJson, breaks, () => renderBreaks(breaks));
    }
    const report = await connection.call('usage.report', input);
    const nameOf = await keyNames(connection, options.by);
    await printResult(io, isJson, report, () => renderUsage(report, options.by, nameOf));
  });
}

async function showWhatIf(
  { home, isJson, io }: CommandContext,
  options: UsageOptions,
  model: string | true,
): Promise<void> {
  await withConnection(home, async (connection) => {
    const { timeZone, range, filter } = await usageInput(connection, options);
    const input = { timeZone, range, filter, model: model === true ? null : model };
    const answered = await connection.call('usage.what-if', input);
    await printResult(io, isJson, answered, () => renderWhatIf(answered));
  });
}

function renderWhatIf({
  span,
  metered,
  unmetered,
  alternatives,
  catalogueVersion,
  accountVersion,
}: Output<'usage.what-if'>): string {
  const summary = facts([
    ['Days', `${time(span.fromMs)} to ${time(span.toMs)}`],
    [
      'Requests',
      `${metered}${unmetered === 0 ? '' : `, and ${unmetered} of unknown usage, which no price can be put on`}`,
    ],
    ['Prices', `catalogue ${catalogueVersion}; prepaid credit ${accountVersion}`],
  ]);
  const lines = alternatives.map(({ model, at, cost, isAtLeast, priced, notPriced, was, wasUnknown }) => [
    lanes[at],
    model ?? 'as asked',
    cost === null ? 'unknown' : `${isAtLeast ? 'at least ' : ''}${cost}`,
    `${was}${wasUnknown === 0 ? '' : ` and ${wasUnknown} unknown`}`,
    String(priced),
    String(notPriced),
  ]);
  return `${summary}\n\n${table(['PRICES OF', 'MODEL', 'COST USD ', 'THEY COST ', 'REQUESTS ', 'NO PRICE '], lines)}`;
}

const lanes = { 'as-sent': 'where each went', prepaid: 'prepaid credit', byok: 'own keys' } as const;

/** What the values of a report are called: keys have a label. */
export async function keyNames(connection: Connection, by: ByName): Promise<(value: string) => string> {
  const keys = by === 'key' ? await connection.call('keys.list', undefined) : [];
  return (value) => keys.find(({ id }) => id === value)?.label ?? (value === '' ? 'none' : value);
}

function renderUsage(
  { span, before, total, totalBefore, rows }: Output<'usage.report'>,
  by: ByName,
  nameOf: (value: string) => string,
): string {
  const summary = facts([
    ['Days', `${time(span.fromMs)} to ${time(span.toMs)}`],
    ['Cost', costText(total)],
    ['Cache', `${total.cacheSaved} USD saved, ${total.cacheLost} USD lost`],
    ['Before', `${costText(totalBefore)}, ${time(before.fromMs)} to ${time(before.toMs)}`],
  ]);
  if (rows.length === 0) return `${summary}\n\nNo requests in this time, and none before.`;
  const lines = rows.map(({ value, sums, before: earlier }) => [
    nameOf(value),
    sums.cost,
    String(sums.unpriced),
    earlier.cost,
    String(sums.requests),
    String(sums.inputTokens),
    String(sums.cachedTokens),
    String(sums.outputTokens),
    sums.totalMs === null ? '-' : String(Math.round(sums.totalMs)),
    String(sums.failures),
  ]);
  const heads = ['COST USD ', 'UNKNOWN ', 'BEFORE ', 'REQUESTS ', 'IN ', 'CACHED ', 'OUT ', 'MS ', 'NOT ANSWERED '];
  return `${summary}\n\n${table([by.toUpperCase(), ...heads], lines)}`;
}

function renderBreaks(breaks: Output<'usage.cache-breaks'>): string {
  if (breaks.length === 0) return 'No prompt cache was lost in this time.';
  const lines = breaks.map(({ id, createdAtMs, tool, modelRequested, cacheBreak }) => [
    cacheBreak.lost,
    String(cacheBreak.tokens),
    time(createdAtMs),
    tool ?? '-',
    modelRequested,
    cacheBreakText(cacheBreak).cause,
    id,
  ]);
  return table(['LOST USD ', 'TOKENS ', 'TIME', 'TOOL', 'MODEL', 'LIKELY CAUSE', 'REQUEST'], lines);
}

function costText({ cost, unpriced, requests }: Output<'usage.report'>['total']): string {
  return `${cost} USD of ${counted(requests, 'request')}${unpriced === 0 ? '' : `, and ${unpriced} of unknown cost`}`;
}

function parseRange(text: string): UsageRange {
  const range = usageRangeSchema.safeParse(text);
  if (range.success) return range.data;
  throw new InvalidArgumentError(
    'It must be today, yesterday, 24h, 7d, 30d, 90d, month, last-month, or two days such as 2026-11-01..2026-11-15.',
  );
}
