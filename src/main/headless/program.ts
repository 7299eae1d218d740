import { Command, InvalidArgumentError } from 'commander';
import { findInstallation } from '../host/installation.ts';
import type { CommandContext } from './call-and-print.ts';
import type { CommandIo } from './output.ts';

interface GlobalOptions {
  home?: string;
  json?: boolean;
}

/** The command line of one run. */
export interface CommandLine {
  program: Command;
  context(): CommandContext;
  /** Called when a command ends normally but not with 0. */
  onExitCode(code: number): void;
}

/**
 * The command line with its options and `serve`. The other commands are added in `add-commands.ts`: a start does not wait for
 * them to be loaded.
 */
export function createProgram(io: CommandIo, onExitCode: (code: number) => void): CommandLine {
  const program = new Command('corvusllm')
    .description('One local address for every AI tool on this machine.')
    .option('--home <dir>', 'Data folder (default: CORVUSLLM_HOME, else the standard place of this platform)')
    .option('--json', 'Print one JSON document')
    .version(findInstallation(import.meta.dirname).version, '-V, --version', 'Print the version of Corvus')
    .helpOption('-h, --help', 'Show help for a command')
    .helpCommand('help [command]', 'Show help for a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  const context = (): CommandContext => {
    const { home, json } = program.opts<GlobalOptions>();
    return { home, isJson: json ?? false, io };
  };
  addServe(program, context);
  return { program, context, onExitCode };
}

function addServe(program: Command, context: CommandLine['context']): void {
  program
    .command('serve')
    .description('Run Corvus without a window until Ctrl-C')
    .option('--port <number>', 'Port for tools, for this run; 0 picks a free one (default: the setting)', parsePort)
    .option(
      '--move-port',
      'If the port of the setting is taken, use the next free one from now on, and rewrite connected tools',
    )
    .option('--no-sandbox', 'Do not start the play-money service')
    .action(async (options: { port?: number; movePort?: boolean; sandbox: boolean }) => {
      const { home, isJson } = context();
      const { serve } = await import('./serve.ts');
      const port =
        options.port === undefined
          ? ({ from: 'setting', moveTo: null } as const)
          : ({ from: 'given', port: options.port } as const);
      await serve(
        { home, isJson, port, movesPort: options.movePort ?? false, withSandbox: options.sandbox },
        context().io,
      );
    });
}

export function parsePort(text: string): number {
  return parseWhole(text, 0, 65535);
}

export function parseWhole(text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
}
