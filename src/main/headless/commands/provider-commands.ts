import { type Command, Option } from 'commander';
import { upstreamDialectSchema } from '#shared/domain/dialect.ts';
import { customKind } from '#shared/domain/provider.ts';
import { CorvusError } from '#shared/errors.ts';
import { callAndPrint, callAndReturn, type CommandContext } from '../call-and-print.ts';
import { type Connection, withConnection } from '../connection.ts';
import { addFoundKeyCommands } from './found-key-commands.ts';
import { readProxy, withProxyOptions } from './network-commands.ts';
import { printResult, readKey } from '../output.ts';
import { type CommandLine, parseWhole } from '../program.ts';
import * as render from '../render.ts';

/** `corvusllm providers …` */
export function addProviderCommands({ program, context, onExitCode }: CommandLine): void {
  const providers = program
    .command('providers')
    .description('Manage providers with your own API keys, and local model servers');
  providers
    .command('add')
    .description('Add a provider')
    .option('--kind <kind>', 'One of `providers kinds`, or custom for any other endpoint', customKind)
    .option('--id <id>', 'ID of the provider (default: its kind)')
    .option('--base-url <url>', 'API address, where the kind has none')
    .addOption(
      new Option('--dialect <dialect...>', 'Dialects of a custom endpoint').choices(upstreamDialectSchema.options),
    )
    .option(
      '--key-stdin',
      'Read the API key from standard input (default at a terminal: it is asked for, and not shown)',
    )
    .option('--local', 'The custom endpoint runs on this machine or network: free, no key needed')
    .option('--no-test', 'Do not test address and key right after; the test costs at most one token')
    .action((options: NewProviderOptions) => addProvider(context(), options));
  providers
    .command('kinds')
    .description('List the known kinds of provider')
    .action(() => callAndPrint(context(), 'providers.catalogue', undefined, render.renderProviderKinds));
  providers
    .command('discover')
    .description('Find model servers on this machine that are not added yet')
    .action(() => callAndPrint(context(), 'providers.discover', undefined, render.renderLocalServers));
  providers
    .command('balances')
    .description('Show the balance at each provider that reports one')
    .action(() => callAndPrint(context(), 'providers.refresh-balances', undefined, render.renderProviderBalances));
  providers
    .command('ls', { isDefault: true })
    .description('List all providers')
    .action(() => callAndPrint(context(), 'providers.list', undefined, render.renderProviders));
  providers
    .command('test')
    .description('Test address and key and update the list of models; costs at most one token (exit code 1: it failed)')
    .argument('<id>')
    .action(async (id: string) => {
      const provider = await callAndReturn(context(), 'providers.test', { id }, (tested) =>
        render.renderProviders([tested]),
      );
      if (provider.lastTest?.ok !== true) onExitCode(1);
    });
  withProxyOptions(providers.command('proxy').description('Set the proxy for one provider'))
    .argument('<id>')
    .argument('<proxy>', 'environment, none, or an address such as http://proxy.example.com:3128')
    .action(async (id: string, proxy: string, options: { except?: string; loginStdin?: boolean }) => {
      const input = { id, proxy: await readProxy(context(), proxy, options) };
      await callAndPrint(context(), 'providers.set-proxy', input, (provider) => render.renderProviders([provider]));
    });
  providers
    .command('rm')
    .description('Remove a provider and its keys')
    .argument('<id>')
    .action((id: string) => callAndPrint(context(), 'providers.remove', { id }, (removed) => `Removed ${removed.id}.`));
  addProviderKeyCommands(providers, context);
  addFoundKeyCommands(providers, context);
}

interface KeyOptions {
  name: string;
  priority?: number;
  weight?: number;
  keyStdin?: boolean;
}

function addProviderKeyCommands(providers: Command, context: CommandLine['context']): void {
  providers
    .command('keys')
    .description('List the keys of a provider, and how they fare')
    .argument('<id>')
    .action((id: string) => listKeys(context(), id));
  providers
    .command('add-key')
    .description('Add one more key: calls share them by weight, and use the next where one fails')
    .argument('<id>')
    .requiredOption('--name <name>', 'Name of the key')
    .option('--priority <number>', 'Lower comes first', parsePriority, 0)
    .option('--weight <number>', 'Share among keys of one priority', parseWeight, 1)
    .option(
      '--key-stdin',
      'Read the API key from standard input (default at a terminal: it is asked for, and not shown)',
    )
    .action(async (id: string, { name, priority = 0, weight = 1, keyStdin = false }: KeyOptions) => {
      const key = await readKey(context().io, 'API key', keyStdin);
      await callAndPrint(
        context(),
        'providers.add-key',
        { id, name, priority, weight, key },
        render.renderProviderKeys,
      );
    });
  providers
    .command('change-key')
    .description('Replace a key, or change when it is used')
    .argument('<id>')
    .argument('<name>')
    .option('--priority <number>', 'Lower comes first', parsePriority)
    .option('--weight <number>', 'Share among keys of one priority', parseWeight)
    .option('--key-stdin', 'Read the API key from standard input')
    .action(async (id: string, name: string, { priority, weight, keyStdin }: KeyOptions) => {
      if (priority === undefined && weight === undefined && !keyStdin)
        throw new CorvusError('bad_request', 'Give --priority, --weight or --key-stdin.');
      const key = keyStdin ? await readKey(context().io, 'API key', true) : null;
      const change = { id, name, key, priority: priority ?? null, weight: weight ?? null };
      await callAndPrint(context(), 'providers.change-key', change, render.renderProviderKeys);
    });
  providers
    .command('remove-key')
    .description('Remove a key of a provider')
    .argument('<id>')
    .argument('<name>')
    .action((id: string, name: string) =>
      callAndPrint(context(), 'providers.remove-key', { id, name }, render.renderProviderKeys),
    );
}

interface NewProviderOptions {
  id?: string;
  kind: string;
  dialect?: string[];
  baseUrl?: string;
  keyStdin?: boolean;
  local?: boolean;
  test: boolean;
}

/**
 * Adds a provider, and tests it unless told not to. A test that fails is shown; the provider was added all the same.
 */
async function addProvider({ home, isJson, io }: CommandContext, options: NewProviderOptions): Promise<void> {
  await withConnection(home, async (connection) => {
    const wantsKey = options.keyStdin === true || (io.prompts !== null && (await needsKey(connection, options)));
    const key = wantsKey ? await readKey(io, 'API key', options.keyStdin === true) : null;
    const added = await connection.call('providers.add', newProvider(options, key));
    const provider = options.test ? await connection.call('providers.test', { id: added.id }) : added;
    await printResult(io, isJson, provider, () => render.renderProviders([provider]));
  });
}

async function needsKey(connection: Connection, { kind, local }: NewProviderOptions): Promise<boolean> {
  if (kind === customKind) return local !== true;
  const known = (await connection.call('providers.catalogue', undefined)).find((entry) => entry.kind === kind);
  return known !== undefined && known.keyUrl !== null;
}

function newProvider({ id, kind, dialect, baseUrl, local }: NewProviderOptions, key: string | null) {
  const custom =
    kind === customKind && dialect
      ? { dialects: upstreamDialectSchema.array().parse(dialect), isLocal: local ?? false }
      : null;
  return { id: id ?? kind, kind, baseUrl: baseUrl ?? null, custom, key };
}

/** Throws `not_found` where there is no such provider. */
async function listKeys({ home, isJson, io }: CommandContext, id: string): Promise<void> {
  await withConnection(home, async (connection) => {
    const provider = (await connection.call('providers.list', undefined)).find((known) => known.id === id);
    if (!provider) throw new CorvusError('not_found', `There is no provider "${id}".`);
    await printResult(io, isJson, provider, () => render.renderProviderKeys(provider));
  });
}

const parsePriority = (text: string) => parseWhole(text, 0, 1_000);
const parseWeight = (text: string) => parseWhole(text, 1, 1_000);
