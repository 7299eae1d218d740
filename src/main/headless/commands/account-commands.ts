import { defaultAccountBaseUrl } from '#shared/contract/account.ts';
import { callAndPrint, callAndReturn } from '../call-and-print.ts';
import { readKey } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { renderAccount, renderStatement } from '../render.ts';

/** `corvusllm account …` and `verify`. */
export function addAccountCommands({ program, context, onExitCode }: CommandLine): void {
  const account = program.command('account').description('Manage the prepaid account');
  account
    .command('show', { isDefault: true })
    .description('Show the connected account')
    .action(() => callAndPrint(context(), 'account.get', undefined, renderAccount));
  account
    .command('connect')
    .description('Connect a CorvusLLM account with its customer key')
    .option('--base-url <url>', 'Address of the service', defaultAccountBaseUrl)
    .option(
      '--key-stdin',
      'Read the customer key from standard input (default at a terminal: it is asked for, and not shown)',
    )
    .action(async ({ baseUrl, keyStdin = false }: { baseUrl: string; keyStdin?: boolean }) => {
      const customerKey = await readKey(context().io, 'Customer key', keyStdin);
      await callAndPrint(context(), 'account.connect', { baseUrl, customerKey }, renderAccount);
    });
  account
    .command('sandbox')
    .description('Use the built-in play-money account')
    .action(() => callAndPrint(context(), 'account.use-sandbox', undefined, renderAccount));
  account
    .command('disconnect')
    .description('Disconnect the account and delete its key')
    .action(() => callAndPrint(context(), 'account.disconnect', undefined, renderAccount));
  program
    .command('verify')
    .description(
      "Verify the account's statement offline, with the copy on this machine (exit code 1: a fault was found)",
    )
    .option('--take-over', 'Download the statement again and accept it as it is now')
    .action(async ({ takeOver }: { takeOver?: boolean }) => {
      const report = takeOver
        ? await callAndReturn(context(), 'account.take-over-statement', undefined, renderStatement)
        : await callAndReturn(context(), 'account.verify', { fromStart: true }, renderStatement);
      if (report.status === 'fault') onExitCode(1);
    });
}
