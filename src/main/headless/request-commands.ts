import { type Command, InvalidArgumentError, Option } from 'commander';
import { laneSchema } from '#shared/account/request.ts';
import { matchFilterSchema, noFilter, type RequestFilter, statusFilterSchema } from '#shared/contract/requests.ts';
import { CorvusError } from '#shared/errors.ts';
import { requestIdSchema } from '#shared/ids.ts';
import { callAndPrint, type CommandContext } from './call-and-print.ts';
import { connect, type Connection } from './connection.ts';
import { printResult } from './output.ts';
import { renderRequests } from './render.ts';
import { renderRequest } from './render-request.ts';

interface ListOptions {
  limit: number;
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

/** `corvusllm requests …` */
export function addRequestCommands(program: Command, context: () => CommandContext): void {
  const requests = program.command('requests').description('List requests and their cost, and explain one');
  requests
    .command('ls', { isDefault: true })
    .description('List requests, newest first')
    .option('--limit <number>', 'Number of requests, at most 500', parseLimit, 20)
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
    .addOption(new Option('--charge <match>', 'Only where the charge agrees, or not').choices(matchFilterSchema.options))
    .option('--search <text>', 'Start of an id, or part of a model')
    .option('--since <when>', 'From this day or time on, or for the last 30m, 24h or 7d', parseWhen)
    .option('--until <when>', 'Before this day or time', parseWhen)
    .action((options: ListOptions) => listRequests(context(), options));
  requests
    .command('show')
    .description('Show one request: why it ended as it did, its attempts and what it cost')
    .argument('<id>')
    .action((id: string) => callAndPrint(context(), 'requests.get', { id: requestId(id) }, renderRequest));
}

async function listRequests(
  { home, isJson, io }: CommandContext,
  { limit, key, since, until, charge = null, ...named }: ListOptions,
): Promise<void> {
  const connection = await connect(home);
  try {
    const localKeyId = key === undefined ? null : await keyId(connection, key);
    const filter = { ...noFilter, ...named, match: charge, localKeyId, fromMs: since ?? null, toMs: until ?? null };
    const page = await connection.call('requests.list', { filter, cursor: null, limit });
    const refused = await connection.call('requests.refusals', undefined);
    await printResult(io, isJson, { ...page, refused }, () => renderRequests(page, refused));
  } finally {
    await connection.close();
  }
}

async function keyId(connection: Connection, idOrLabel: string) {
  const keys = await connection.call('keys.list', undefined);
  const key = keys.find(({ id }) => id === idOrLabel) ?? keys.find(({ label }) => label === idOrLabel);
  if (!key) throw new CorvusError('not_found', `There is no key "${idOrLabel}". \`corvusllm keys ls\` lists them.`);
  return key.id;
}

function requestId(text: string) {
  const id = requestIdSchema.safeParse(text);
  if (id.success) return id.data;
  throw new CorvusError('not_found', `"${text}" is no id of a request. \`corvusllm requests\` lists them.`);
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= 500) return limit;
  throw new InvalidArgumentError('It must be a whole number from 1 to 500.');
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A day of this machine's calendar, a time, or a span back from now. */
function parseWhen(text: string): number {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (unit === 'm' || unit === 'h' || unit === 'd') return Date.now() - Number(count) * unitMs[unit];
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const ms = isDay || /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? Date.parse(isDay ? `${text}T00:00` : text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError('It must be a day such as 2027-01-31, a time such as 2027-01-31T08:00, or a span such as 24h.');
}
