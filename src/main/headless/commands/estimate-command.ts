import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { type Estimate, type EstimatedDialect, estimatedDialectSchema } from '#shared/contract/estimates.ts';
import { callBody } from '#shared/dialects/call-body.ts';
import { CorvusError } from '#shared/errors.ts';
import { diskReason } from '../../host/atomic-file.ts';
import type { CommandContext } from '../call-and-print.ts';
import { withConnection } from '../connection.ts';
import { filterOf } from '../filter-options.ts';
import { type CommandIo, facts, printResult, readInput, table } from '../output.ts';
import type { CommandLine } from '../program.ts';

interface EstimateOptions {
  model?: string;
  dialect?: EstimatedDialect;
  key?: string;
  tool?: string;
}

/** `corvusllm estimate` */
export function addEstimateCommand({ program, context }: CommandLine): void {
  program
    .command('estimate')
    .description('Show what a request would cost, everywhere it could go; nothing is sent')
    .argument('[file]', 'A prompt, or the body of a call as JSON (default: standard input)')
    .option('--model <slug>', 'The model, if the body names none or another one is meant')
    .addOption(
      new Option('--dialect <dialect>', 'The dialect of the body (default: as it looks)').choices(
        estimatedDialectSchema.options,
      ),
    )
    .option('--key <key>', 'As if asked with this key: its id or label')
    .option('--tool <name>', 'With answers as long as those to this tool')
    .action((file: string | undefined, options: EstimateOptions) => showEstimate(context(), file, options));
}

async function showEstimate(
  { home, isJson, io }: CommandContext,
  file: string | undefined,
  { model, dialect, key, tool }: EstimateOptions,
): Promise<void> {
  const body = callBody(await textOf(io, file), model ?? null);
  if (body === null)
    throw new CorvusError('bad_request', 'Name the model of the prompt with --model.', { param: 'model' });
  await withConnection(home, async (connection) => {
    const { localKeyId } = await filterOf(connection, key === undefined ? {} : { key });
    const estimate = await connection.call('estimates.make', {
      body,
      dialect: dialect ?? null,
      localKeyId,
      tool: tool ?? null,
    });
    await printResult(io, isJson, estimate, () => renderEstimate(estimate));
  });
}

async function textOf(io: CommandIo, file: string | undefined): Promise<string> {
  if (file === undefined || file === '-') return readInput(io);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new CorvusError('bad_request', `${file} cannot be read: ${diskReason(cause)}.`, {}, cause);
  });
  // Unlike Node's own reading, without a byte order mark: behind one, JSON would be taken for a prompt.
  return new TextDecoder().decode(bytes);
}

function renderEstimate({ model, input, output, outputLimit, places }: Estimate): string {
  const counted = input.tokenizer === null ? 'estimated from bytes' : `counted by ${input.tokenizer}`;
  const known = output && `${output.low} to ${output.high} tokens, from ${output.requests} answers${wordsOf(output)}`;
  const summary = facts([
    ['Model', model],
    [
      'Input',
      `${input.tokens} tokens, ${counted}${input.tokenizer && input.isEstimate ? ', with media as an estimate' : ''}`,
    ],
    ['Output', known ?? 'not known: fewer than 10 answers of this model are here'],
    ...(outputLimit === null ? [] : [['Output limit', `${outputLimit} tokens`] as const]),
  ]);
  const lines = places.map(({ lane, provider, model: served, isNext, cost }) => [
    `${isNext ? '*' : ' '} ${provider}`,
    lane ?? 'not set up',
    served,
    ...(cost
      ? [cost.input, cost.cachedInput ?? '-', rangeText(cost.cold), rangeText(cost.warm), cost.most]
      : ['unknown', '-', 'unknown', '-', 'unknown']),
  ]);
  const heads = ['  PLACE', 'LANE', 'MODEL', 'INPUT USD ', 'IF CACHED ', 'IN ALL ', 'ALL, IF CACHED ', 'AT MOST '];
  return `${summary}\n\n${table(heads, lines)}`;
}

function wordsOf({ from }: NonNullable<Estimate['output']>): string {
  return from === 'model' ? '' : ` to this ${from}`;
}

function rangeText(range: { low: string; high: string } | null): string {
  if (range === null) return '-';
  return range.low === range.high ? range.low : `${range.low} to ${range.high}`;
}
