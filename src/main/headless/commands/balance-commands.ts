import { Argument } from 'commander';
import { callAndPrint, type CommandContext } from '../call-and-print.ts';
import { withConnection } from '../connection.ts';
import { printResult } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { renderBalance } from '../render.ts';

/** `corvusllm balance` and `status-file`. */
export function addBalanceCommands({ program, context }: CommandLine): void {
  program
    .command('balance')
    .description('Show the current balance, what a day costs, and how long it lasts')
    .action(() => showBalance(context()));
  program
    .command('status-file')
    .description('Write the balance to status.json in the data folder, for status bars, or stop that')
    .addArgument(new Argument('<choice>', 'Whether it is written').choices(['on', 'off']))
    .action((choice: string) =>
      callAndPrint(
        context(),
        'settings.set',
        { statusFile: choice === 'on' },
        ({ statusFile }) => `status.json in the data folder is ${statusFile ? 'written' : 'removed'}.`,
      ),
    );
}

async function showBalance({ home, isJson, io }: CommandContext): Promise<void> {
  await withConnection(home, async (connection) => {
    // The forecast is of the balance that is shown: asked for once that has come.
    const balance = await connection.call('balance.get', { refresh: true });
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const { pace, lasts } = await connection.call('balance.spend', { timeZone });
    const shown = { ...balance, forecast: { pace, lasts } };
    await printResult(io, isJson, shown, () => renderBalance(shown, Date.now()));
  });
}
