import { type Command, InvalidArgumentError } from 'commander';
import { CorvusError } from '#shared/errors.ts';
import { requestIdSchema } from '#shared/ids.ts';
import { callAndPrint, type CommandContext } from './call-and-print.ts';
import { connect } from './connection.ts';
import { filterOf, type FilterOptions, withFilterOptions } from './filter-options.ts';
import { printResult } from './output.ts';
import { renderRequests } from './render.ts';
import { renderRequest } from './render-request.ts';

interface ListOptions extends FilterOptions {
  limit: number;
}

/** `corvusllm requests …` */
export function addRequestCommands(program: Command, context: () => CommandContext): void {
  const requests = program.command('requests').description('List requests and their cost, and explain one');
  withFilterOptions(
    requests
      .command('ls', { isDefault: true })
      .description('List requests, newest first')
      .option('--limit <number>', 'Number of requests, at most 500', parseLimit, 20),
  ).action((options: ListOptions) => listRequests(context(), options));
  requests
    .command('show')
    .description('Show one request: why it ended as it did, its attempts and what it cost')
    .argument('<id>')
    .action((id: string) => callAndPrint(context(), 'requests.get', { id: requestId(id) }, renderRequest));
}

async function listRequests({ home, isJson, io }: CommandContext, { limit, ...options }: ListOptions): Promise<void> {
  const connection = await connect(home);
  try {
    const filter = await filterOf(connection, options);
    const page = await connection.call('requests.list', { filter, cursor: null, limit });
    const refused = await connection.call('requests.refusals', undefined);
    await printResult(io, isJson, { ...page, refused }, () => renderRequests(page, refused));
  } finally {
    await connection.close();
  }
}

/** Throws `not_found` for what is no request's id. */
export function requestId(text: string) {
  const id = requestIdSchema.safeParse(text);
  if (id.success) return id.data;
  throw new CorvusError('not_found', `"${text}" is no id of a request. \`corvusllm requests\` lists them.`);
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= 500) return limit;
  throw new InvalidArgumentError('It must be a whole number from 1 to 500.');
}
