import type { PendingLink } from '#shared/contract/links.ts';
import { CorvusError } from '#shared/errors.ts';
import type { CommandContext } from '../call-and-print.ts';
import { withConnection } from '../connection.ts';
import { facts, plainText, printResult, readSecret } from '../output.ts';
import type { CommandLine } from '../program.ts';

interface OpenLinkOptions {
  stdin?: boolean;
  yes?: boolean;
}

export function addOpenLinkCommand({ program, context }: CommandLine): void {
  program
    .command('open-link')
    .description('Show what a corvusllm:// link sets, and apply it when you say so')
    .option(
      '--stdin',
      'Read the link from standard input (default at a terminal: it is asked for, and not shown, because it can contain a key)',
    )
    .option('-y, --yes', 'Apply it without asking')
    .action((options: OpenLinkOptions) => openLink(context(), options));
}

async function openLink(
  { home, isJson, io }: CommandContext,
  { stdin = false, yes = false }: OpenLinkOptions,
): Promise<void> {
  const link = await readSecret(io, { message: 'Link', what: 'link', option: '--stdin' }, stdin);
  await withConnection(home, async (connection) => {
    const pending = await connection.call('links.open', { link });
    // The person must see what the question is about, whatever the format of the result.
    if (!isJson) await io.write(`${renderLink(pending)}\n\n`);
    else if (!yes && io.prompts) await io.writeError(`${renderLink(pending)}\n\n`);
    const isAccepted = yes || ((await io.prompts?.confirm('Apply this?')) ?? false);
    if (!isAccepted) {
      await connection.call('links.dismiss', { id: pending.id });
      if (io.prompts) throw new CorvusError('cancelled');
      throw new CorvusError('bad_request', 'Nothing was changed. Add --yes to apply the link.');
    }
    const result = await connection.call('links.accept', { id: pending.id });
    await printResult(io, isJson, { ...pending, ...result }, () => plainText(result.done));
  });
}

function renderLink({ title, facts: pairs, warnings }: PendingLink): string {
  const rows = pairs.map(({ name, value }) => [name, value] as const);
  return [
    plainText(title),
    ...(rows.length === 0 ? [] : [facts(rows)]),
    ...warnings.map((warning) => plainText(`! ${warning}`)),
  ].join('\n');
}
