import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Output } from '#shared/contract/contract.ts';
import { tokenPricesSchema } from '#shared/domain/model-price.ts';
import { callAndPrint, callAndReturn } from '../call-and-print.ts';
import { plainText, table } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { renderModels, time } from '../render.ts';

interface SetOptions {
  provider?: string;
  input: string;
  output: string;
  cacheRead?: string;
  cacheWrite?: string;
}

/** `corvusllm models` and `prices …`: what models cost, where prices come from, and the person's own. */
export function addPriceCommands({ program, context, onExitCode }: CommandLine): void {
  program
    .command('models')
    .description('List models, their current route and prices')
    .action(() => callAndPrint(context(), 'models.list', undefined, renderModels));
  const prices = program.command('prices').description('Manage where prices come from, and own prices');
  const provider = ['--provider <id>', 'At this provider only (default: at every provider)'] as const;
  prices
    .command('ls', { isDefault: true })
    .description('Show the sources of prices, and own prices')
    .action(() => callAndPrint(context(), 'prices.get', undefined, renderPrices));
  prices
    .command('refresh')
    .description("Read the account's prices and the price list again (exit code 1: the list cannot be read)")
    .action(async () => {
      const { list } = await callAndReturn(context(), 'prices.refresh', undefined, renderPrices);
      if (list && list.problem !== null) onExitCode(1);
    });
  prices
    .command('source')
    .description('Use a price list, which is read again every day; it wins over the catalogue')
    .argument('<place>', 'A file, an address that begins with https://, or none')
    .action((place: string) => callAndPrint(context(), 'prices.set-list', { source: sourceOf(place) }, renderPrices));
  prices
    .command('set')
    .description('Set what a model costs, in US dollars per million tokens, for requests from now on')
    .argument('<model>')
    .requiredOption('--input <usd>', 'Input', parsePrice)
    .requiredOption('--output <usd>', 'Output', parsePrice)
    .option('--cache-read <usd>', 'Input that is read from the cache (default: as input)', parsePrice)
    .option('--cache-write <usd>', 'Input that is written to the cache (default: as input)', parsePrice)
    .option(...provider)
    .action((model: string, { provider: id, input, output, cacheRead, cacheWrite }: SetOptions) => {
      const rates = {
        input,
        output,
        ...(cacheRead === undefined ? {} : { cacheRead }),
        ...(cacheWrite === undefined ? {} : { cacheWrite5m: cacheWrite }),
      };
      return callAndPrint(context(), 'prices.set', { provider: id ?? null, model, prices: rates }, renderPrices);
    });
  prices
    .command('unset')
    .description('Remove an own price')
    .argument('<model>')
    .option(...provider)
    .action((model: string, { provider: id }: { provider?: string }) =>
      callAndPrint(context(), 'prices.unset', { provider: id ?? null, model }, renderPrices),
    );
}

/** A relative path is one of the terminal, not of the running Corvus. */
function sourceOf(place: string): string | null {
  if (place === 'none') return null;
  return /^https?:/i.test(place) ? place : resolve(place);
}

function parsePrice(text: string): string {
  if (tokenPricesSchema.shape.input.safeParse(text).success) return text;
  throw new InvalidArgumentError('It must be a price such as 1.25, with at most 9 decimals.');
}

function renderPrices({ catalogue, account, list, own }: Output<'prices.get'>): string {
  const sources = [
    ['own prices', '', String(own.length)],
    ...(list ? [[list.source, `read ${time(list.readAtMs)}`, String(list.models)]] : []),
    ['catalogue', catalogue.version, String(catalogue.models)],
    ...(account ? [['prepaid account', account.version, String(account.models)]] : []),
  ];
  const problem = list?.problem ? [plainText(`! ${list.problem} The prices read before stay in use.`)] : [];
  const ownRows = own.map(({ provider, model, prices, setAtMs }) => [
    model,
    provider ?? 'every provider',
    prices.input,
    prices.output,
    prices.cacheRead ?? 'as input',
    prices.cacheWrite5m ?? 'as input',
    time(setAtMs),
  ]);
  const ownHead = ['MODEL', 'AT', 'INPUT ', 'OUTPUT ', 'CACHE READ ', 'CACHE WRITE ', 'SET'];
  return [
    [table(['SOURCE', 'DATE', 'MODELS '], sources), ...problem].join('\n'),
    ...(own.length > 0 ? [table(ownHead, ownRows)] : []),
  ].join('\n\n');
}
