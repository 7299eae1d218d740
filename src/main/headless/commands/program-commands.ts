import { Argument } from 'commander';
import { findInstallation } from '../../host/installation.ts';
import { callAndPrint } from '../call-and-print.ts';
import { completionScript, type Shell, shells } from '../completion.ts';
import { printResult } from '../output.ts';
import { type CommandLine, parsePort } from '../program.ts';
import { renderLinked } from '../render.ts';
import { linkCommand } from '../link-command.ts';

/** `corvusllm port`, `link`, `completion` and `version`: about this program, not about what goes through it. */
export function addProgramCommands({ program, context }: CommandLine): void {
  program
    .command('port')
    .description('Show the port for tools, or set it from the next start on; connected tools are rewritten then')
    .argument('[number]', 'The new port', parsePort)
    .action((port?: number) => {
      const render = ({ port: chosen }: { port: number }) =>
        `Port ${chosen}${port === undefined ? '' : ', from the next start of Corvus on'}.`;
      return port === undefined
        ? callAndPrint(context(), 'settings.get', undefined, render)
        : callAndPrint(context(), 'settings.set', { port }, render);
    });
  program
    .command('link')
    .description('Put `corvusllm` on the PATH: a link in ~/.local/bin, or another folder')
    .option('--dir <folder>', 'Folder of the link')
    .action(async ({ dir }: { dir?: string }) => {
      const linked = await linkCommand(findInstallation(import.meta.dirname).folder, dir);
      await printResult(context().io, context().isJson, linked, () => renderLinked(linked));
    });
  program
    .command('completion')
    .description('Print a script that completes commands and options')
    .addArgument(new Argument('<shell>', 'The shell').choices(shells))
    .action((shell: Shell) => context().io.write(completionScript(program, shell)));
  program
    .command('version')
    .description('Print the version of Corvus')
    .action(async () => {
      const { version } = findInstallation(import.meta.dirname);
      await printResult(context().io, context().isJson, { version, node: process.versions.node }, () => version);
    });
}
