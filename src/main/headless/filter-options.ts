import { type Command, InvalidArgumentError, Option } from 'commander';
import { laneSchema } from '#shared/account/request.ts';
import { matchFilterSchema, type RequestFilter, statusFilterSchema } from '#shared/contract/requests.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import type { LocalKey } from '#shared/domain/local-key.ts';
import { CorvusError } from '#shared/errors.ts';
import { dayMs, hourMs, minuteMs } from '#shared/time.ts';
import type { Connection } from './connection.ts';
import { isDay } from './key-limits.ts';

export interface FilterOptions {
  status?: RequestFilter['status'];
  lane?: RequestFilter['lane'];
  model?: string;
  provider?: string;
  key?: string;
  tool?: string;
  project?: string;
  session?: string;
  agent?: string;
  tag?: string;
  charge?: RequestFilter['match'];
  search?: string;
  since?: number;
  until?: number;
}

/** The options by which requests are chosen. */
export function withFilterOptions(command: Command): Command {
  return command
    .addOption(new Option('--status <status>', 'Only with this status').choices(statusFilterSchema.options))
    .addOption(new Option('--lane <lane>', 'Only on this lane').choices(laneSchema.options))
    .option('--model <slug>', 'Only for this model')
    .option('--provider <id>', 'Only at this provider')
    .option('--key <key>', 'Only with this key: its id or label')
    .option('--tool <name>', 'Only of this tool')
    .option('--project <name>', 'Only of this project; an empty name: of none')
    .option('--session <id>', 'Only of this session')
    .option('--agent <id>', 'Only of this agent')
    .option('--tag <tag>', 'Only with this tag: its name, or name=value')
    .addOption(
      new Option('--charge <match>', 'Only where the charge agrees, or not').choices(matchFilterSchema.options),
    )
    .option('--search <text>', 'Start of an id, or part of a model')
    .option('--since <when>', 'From this day or time on, or for the last 30m, 24h or 7d', parseWhen)
    .option('--until <when>', 'Before this day or time', parseWhen);
}

/** Throws `not_found` where there is no such key. */
export async function filterOf(
  connection: Connection,
  { key, since, until, charge = null, ...named }: FilterOptions,
): Promise<RequestFilter> {
  const localKeyId = key === undefined ? null : (await findKey(connection, key)).id;
  return { ...noFilter, ...named, match: charge, localKeyId, fromMs: since ?? null, toMs: until ?? null };
}

/**
 * Throws `not_found`, and `bad_request` where several keys that work have the label. Of others with the same label it is
 * one that still works, where there is one.
 */
export async function findKey(connection: Connection, idOrLabel: string): Promise<LocalKey> {
  const keys = await connection.call('keys.list', undefined);
  const named = keys.filter(({ label }) => label === idOrLabel);
  const [working, another] = named.filter(({ revokedAtMs }) => revokedAtMs === null);
  const key = keys.find(({ id }) => id === idOrLabel) ?? working ?? named[0];
  if (!key) throw new CorvusError('not_found', `There is no key "${idOrLabel}". \`corvusllm keys ls\` lists them.`);
  if (key === working && another)
    throw new CorvusError('bad_request', `Several keys are called "${idOrLabel}": name one by its id.`);
  return key;
}

const unitMs = { m: minuteMs, h: hourMs, d: dayMs } as const;

/** A day of this machine's calendar, a time, or a span back from now. */
function parseWhen(text: string): number {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (unit === 'm' || unit === 'h' || unit === 'd') return Date.now() - Number(count) * unitMs[unit];
  const [day = '', time = '00:00', more] = text.split('T');
  const ms = Date.parse(`${day}T${time}`);
  if (more === undefined && isDay(day) && /^\d{2}:\d{2}/.test(time) && !Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError(
    'It must be a day such as 2027-01-31, a time such as 2027-01-31T08:00, or a span such as 24h.',
  );
}
