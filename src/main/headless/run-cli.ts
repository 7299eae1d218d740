import { upperFirst } from '#shared/upper-first.ts';
import { type Command, CommanderError } from 'commander';
import { CorvusError, type ErrorCode, errorCatalogue, toCorvusError } from '#shared/errors.ts';
import { redactText } from '#shared/redact.ts';
import { type CommandIo, plainJson, plainText } from './output.ts';
import { createProgram } from './program.ts';

const usageExitCode = 2;
/** Of failures that a script tells apart. What was typed may be found wrong here, or by the core that is asked. */
const exitCodes: Partial<Record<ErrorCode, number>> = {
  bad_request: usageExitCode,
  not_running: 3,
  // What shells say of a command that Ctrl-C ended.
  cancelled: 130,
};

/** Runs one command line and returns its exit code. Never throws: a failure becomes one line. */
export async function runCli(parameters: readonly string[], io: CommandIo): Promise<number> {
  let exitCode = 0;
  const line = createProgram(io, (code) => {
    exitCode = code;
  });
  const { program } = line;
  try {
    if (program.parseOptions([...parameters]).operands[0] !== 'serve') {
      const { addCommands } = await import('./add-commands.ts');
      addCommands(line);
    }
    await program.parseAsync(parameters, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return endOfParsing(program, error, parameters, io);
    const failure = toCorvusError(error);
    await printFailure(failure, parameters, io);
    return exitCodes[failure.code] ?? 1;
  }
}

async function endOfParsing(
  program: Command,
  error: CommanderError,
  parameters: readonly string[],
  io: CommandIo,
): Promise<number> {
  // Help was requested and printed, or printed because no command was given.
  if (error.exitCode === 0) return 0;
  if (error.code === 'commander.help') return usageExitCode;
  const sentence = unknownCommand(program, parameters) ?? usageSentence(error.message);
  await printFailure(new CorvusError('bad_request', sentence), parameters, io);
  return usageExitCode;
}

/** A group takes a name that it does not know for an argument of its default command, which has none. */
function unknownCommand(program: Command, parameters: readonly string[]): string | null {
  const [group, name] = program.parseOptions([...parameters]).operands;
  const known = program.commands.find((command) => command.name() === group)?.commands.map((each) => each.name()) ?? [];
  if (known.length === 0 || name === undefined || known.includes(name)) return null;
  return `Unknown command '${group} ${name}'. There are: ${known.join(', ')}.`;
}

function usageSentence(message: string): string {
  const text = message.replace(/^error: /, '').replaceAll(/\s+/g, ' ');
  return `${upperFirst(text)}${text.endsWith('.') || text.endsWith(')') ? '' : '.'}`;
}

async function printFailure(error: CorvusError, parameters: readonly string[], io: CommandIo): Promise<void> {
  const message = plainText(redactText(withCause(error)));
  // Behind `--` they are those of a command that was to be started.
  const end = parameters.indexOf('--');
  const own = end === -1 ? parameters : parameters.slice(0, end);
  if (own.includes('--json')) await io.write(`${plainJson({ error: { code: error.code, message } })}\n`);
  await io.writeError(`error: ${message} [${error.code}]\n`);
}

/** The catalogue's sentence for an unexpected failure does not help on its own, so the cause is added. */
function withCause({ message, cause }: CorvusError): string {
  const isBare = message === errorCatalogue.internal_error.message;
  return isBare && cause instanceof Error ? `${message} (${cause.message})` : message;
}
