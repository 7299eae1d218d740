import { CorvusError } from '#shared/errors.ts';
import { requestIdSchema } from '#shared/ids.ts';
import { callAndPrint, type CommandContext } from '../call-and-print.ts';
import { withConnection } from '../connection.ts';
import { filterOf, type FilterOptions, withFilterOptions } from '../filter-options.ts';
import { facts, plainText, printResult, table } from '../output.ts';
import { type CommandLine, parseWhole } from '../program.ts';
import { renderRequests, statusOf, time } from '../render.ts';
import { cacheBreakText } from '#shared/account/cache-break-text.ts';
import type { CacheBreak } from '#shared/account/cache-breaks.ts';
import { chargeFaultText } from '#shared/account/charge-faults.ts';
import type { ChargeMatch } from '#shared/account/request.ts';
import type { Output } from '#shared/contract/contract.ts';

interface ListOptions extends FilterOptions {
  limit: number;
}

/** `corvusllm requests …` */
export function addRequestCommands({ program, context }: CommandLine): void {
  const requests = program.command('requests').description('List requests and their cost, and explain one');
  withFilterOptions(
    requests
      .command('ls', { isDefault: true })
      .description('List requests, newest first')
      .option('--limit <number>', 'Number of requests, at most 500', (text: string) => parseWhole(text, 1, 500), 20),
  ).action((options: ListOptions) => listRequests(context(), options));
  requests
    .command('show')
    .description('Show one request: why it ended as it did, its attempts and what it cost')
    .argument('<id>')
    .action((id: string) => callAndPrint(context(), 'requests.get', { id: requestId(id) }, renderRequest));
}

async function listRequests({ home, isJson, io }: CommandContext, { limit, ...options }: ListOptions): Promise<void> {
  await withConnection(home, async (connection) => {
    const filter = await filterOf(connection, options);
    const page = await connection.call('requests.list', { filter, cursor: null, limit });
    const refused = await connection.call('requests.refusals', undefined);
    await printResult(io, isJson, { ...page, refused }, () => renderRequests(page, refused, filter));
  });
}

/** Throws `not_found` for what is no request's id. */
export function requestId(text: string) {
  const id = requestIdSchema.safeParse(text);
  if (id.success) return id.data;
  throw new CorvusError('not_found', `"${text}" is no id of a request. \`corvusllm requests\` lists them.`);
}

const unknown = '-';

function belongings({ tool, project, session, agent, parentAgent, tags }: Output<'requests.get'>): [string, string][] {
  const named = Object.entries({
    Tool: tool,
    Project: project,
    Session: session,
    Agent: agent,
    'Started by': parentAgent,
  });
  const known = named.flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]]));
  return [
    ...known,
    ...Object.entries(tags).map(([name, value]): [string, string] => [`Tag ${plainText(name)}`, value]),
  ];
}

function chargeText(match: ChargeMatch): string {
  return match === 'agrees'
    ? 'verified: metered here, on the receipt and in the balance'
    : chargeFaultText[match].sentence;
}

function cacheLines(found: CacheBreak | null): [string, string][] {
  if (!found) return [];
  const { cause, advice } = cacheBreakText(found);
  return [['Cache', `lost ${found.tokens} tokens, ${found.lost} USD. ${cause} ${advice} Turn before: ${found.before}`]];
}

/** One request in full: how it ended and why, its attempts, its tokens and its cost. */
function renderRequest(request: Output<'requests.get'>): string {
  const { usage, attempts, parts, errorMessage } = request;
  const tokens = Object.entries(usage ?? {}).flatMap(([bucket, count]) =>
    typeof count === 'number' && count > 0 ? [[`  ${bucket}`, String(count)] as const] : [],
  );
  const summary = facts([
    ['Request', request.id],
    ['Time', time(request.createdAtMs)],
    ['Status', statusOf(request)],
    ...(errorMessage === null ? [] : [['Why', errorMessage] as const]),
    ['Key', request.localKeyLabel ?? unknown],
    ['Client', request.userAgent ?? unknown],
    ...belongings(request),
    ['Endpoint', request.endpoint],
    ['Model', request.modelRequested || unknown],
    ['Answered by', `${request.modelServed ?? unknown} (${request.provider ?? unknown}, ${request.lane ?? 'no lane'})`],
    ['Finish', request.finishReason ?? unknown],
    ['Duration', request.totalMs === null ? unknown : `${Math.round(request.totalMs)} ms`],
    ['Cost', `${request.cost ?? unknown} USD (${request.costKind})`],
    ...cacheLines(request.cacheBreak),
    ...(request.match === null ? [] : [['Charge', chargeText(request.match)] as const]),
    ['Balance after', request.balanceAfter === null ? unknown : `${request.balanceAfter} USD`],
    ...tokens,
  ]);
  const tries = table(
    ['ATTEMPT ', 'PROVIDER', 'MODEL', 'HTTP ', 'MS ', 'ERROR'],
    attempts.map(({ number, provider, model, httpStatus, totalMs, errorCode }) => [
      String(number),
      provider,
      model ?? unknown,
      httpStatus === null ? unknown : String(httpStatus),
      String(Math.round(totalMs)),
      errorCode ?? unknown,
    ]),
  );
  const partIds = parts.map(({ id }) => plainText(id)).join('\n  ');
  return [
    summary,
    ...(attempts.length > 0 ? [tries] : []),
    ...(parts.length > 0 ? [`Sub-requests\n  ${partIds}`] : []),
  ].join('\n\n');
}
