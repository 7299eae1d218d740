import type { Command } from 'commander';
import type { Output } from '#shared/contract/contract.ts';
import { CorvusError } from '#shared/errors.ts';
import { callAndPrint, type CommandContext } from '../call-and-print.ts';
import { withConnection } from '../connection.ts';
import { printResult, table } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { renderProviders } from '../render.ts';

/** `corvusllm providers find-keys` and `add-found`: keys that variables of this machine hold. */
export function addFoundKeyCommands(providers: Command, context: CommandLine['context']): void {
  providers
    .command('find-keys')
    .description("Look for providers' keys in the environment and the start-up files of shells; nothing is added")
    .action(() => callAndPrint(context(), 'providers.find-keys', undefined, renderFound));
  providers
    .command('add-found')
    .description('Add the provider of a key that `find-keys` lists, and test it; the test costs at most one token')
    .argument('<variable>', 'Such as OPENAI_API_KEY')
    .option('--in <place>', 'Where it is, as the column IN of `find-keys` says, if several places have it')
    .option('--no-test', 'Do not test address and key right after')
    .action((variable: string, options: FoundOptions) => addFound(context(), variable, options));
}

interface FoundOptions {
  in?: string;
  test: boolean;
}

async function addFound(
  { home, isJson, io }: CommandContext,
  variable: string,
  { in: place, test }: FoundOptions,
): Promise<void> {
  await withConnection(home, async (connection) => {
    const all = await connection.call('providers.find-keys', undefined);
    const [found, another] = all.filter((key) => key.variable === variable && (place ?? key.where) === key.where);
    if (!found) throw new CorvusError('not_found', `No key that is not in use was found in ${variable}.`);
    if (another) throw new CorvusError('bad_request', `${variable} is in several places: name one with --in.`);
    const added = await connection.call('providers.add-found', { variable, where: found.where });
    const provider = test ? await connection.call('providers.test', { id: added.id }) : added;
    await printResult(io, isJson, provider, () => renderProviders([provider]));
  });
}

function renderFound(found: Output<'providers.find-keys'>): string {
  if (found.length === 0) return 'Found no key that is not in use already.';
  return table(
    ['VARIABLE', 'PROVIDER', 'KEY', 'IN', 'ADDRESS'],
    found.map(({ variable, name, hint, where, baseUrl }) => [variable, name, hint, where, baseUrl ?? '']),
  );
}
