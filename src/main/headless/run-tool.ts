import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { basename } from 'node:path';
import type { Output } from '#shared/contract/contract.ts';
import { toolIdSchema } from '#shared/domain/tool.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { EnvelopeId, LocalKeyId } from '#shared/ids.ts';
import type { CommandContext } from './call-and-print.ts';
import { type Connection, connectToRunning } from './connection.ts';
import { plainText } from './output.ts';

export interface RunOptions {
  tool?: string;
  model?: string;
  envelope?: string;
}

/** As shells report a command that cannot be found, or cannot be started. */
const notFound = 127;
const notStarted = 126;

/**
 * Starts a command with the environment that brings it to Corvus. Returns its exit code, or 128 and the number of the
 * signal that ended it.
 */
export async function runTool(
  context: CommandContext,
  [program = '', ...rest]: readonly string[],
  { tool, model, envelope }: RunOptions,
): Promise<number> {
  const connection = await connectToRunning(context.home);
  const command = basename(program)
    .replace(/\.(exe|cmd|ps1)$/i, '')
    .slice(0, 80);
  const id = tool === undefined ? null : toolIdSchema.parse(tool);
  const start = await connection.call('tools.start', {
    id,
    command,
    model: model ?? null,
    isOneRun: envelope !== undefined,
  });
  if (Object.keys(start.variables).length === 0) {
    throw new CorvusError('bad_request', `${start.name} is set up by hand: ${start.steps.join(' ')}`);
  }
  if (envelope === undefined) return runWith(context, start, program, rest);
  const wallet = await openWallet(connection, start, envelope);
  try {
    return await runWith(context, start, program, rest);
  } finally {
    await context.io.writeError(`corvusllm: ${await closeWallet(connection, start.keyId, wallet)}\n`);
  }
}

async function runWith(
  { io }: CommandContext,
  start: Output<'tools.start'>,
  program: string,
  parameters: readonly string[],
): Promise<number> {
  for (const line of conflicts(start, process.env)) await io.writeError(`corvusllm: ${line}\n`);
  const environment = { ...process.env, ...start.variables };
  for (const name of start.unset) delete environment[name];
  process.umask(io.umask);
  return ended(program, [...start.parameters, ...parameters], environment);
}

/** The limit of one run: an envelope of the key that was made for it. Where it is refused, the key goes too. */
async function openWallet(
  connection: Connection,
  { name, keyId }: Output<'tools.start'>,
  limit: string,
): Promise<EnvelopeId> {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const scope = { kind: 'key', keyId } as const;
  const terms = { name: `${name}, one run`, scope, limit, period: 'once', timeZone, allowsUnpriced: false } as const;
  try {
    return (await connection.call('envelopes.create', terms)).id;
  } catch (error) {
    await connection.call('keys.revoke', { id: keyId });
    throw error;
  }
}

/** Ends the run's key and its envelope. Returns what was spent, in a sentence. */
async function closeWallet(connection: Connection, keyId: LocalKeyId, id: EnvelopeId): Promise<string> {
  try {
    const envelope = (await connection.call('envelopes.list', undefined)).find((known) => known.id === id);
    await connection.call('keys.revoke', { id: keyId });
    await connection.call('envelopes.remove', { id });
    return envelope
      ? `this run spent ${envelope.spent} of ${envelope.limit} USD.`
      : 'the envelope of this run was removed meanwhile.';
  } catch (error) {
    return `the key of this run could not be revoked: ${toCorvusError(error).message}`;
  }
}

/** Variables of this terminal that are replaced or left out for the run. */
function conflicts({ variables, unset }: Output<'tools.start'>, environment: NodeJS.ProcessEnv): string[] {
  const replaced = Object.entries(variables).flatMap(([name, value]) => {
    const old = environment[name];
    return old === undefined || old === value
      ? []
      : [`${plainText(name)} is set in this terminal; it is replaced for this run.`];
  });
  const left = unset.filter((name) => environment[name] !== undefined);
  return [
    ...replaced,
    ...left.map((name) => `${plainText(name)} is set in this terminal; it is left out for this run.`),
  ];
}

function ended(program: string, parameters: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { env, stdio: 'inherit' });
    // Ctrl-C reaches the command by itself, because it is in the same process group; this process only waits for its
    // end.
    const ignore = () => undefined;
    const forward = (signal: NodeJS.Signals) => void child.kill(signal);
    const forwarded = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
    process.on('SIGINT', ignore).on('SIGQUIT', ignore);
    for (const signal of forwarded) process.on(signal, forward);
    const release = () => {
      process.off('SIGINT', ignore).off('SIGQUIT', ignore);
      for (const signal of forwarded) process.off(signal, forward);
    };
    child.once('error', (error: NodeJS.ErrnoException) => {
      release();
      if (error.code === 'ENOENT') process.stderr.write(`corvusllm: ${plainText(program)}: command not found\n`);
      else if (error.code === 'EACCES') process.stderr.write(`corvusllm: ${plainText(program)}: cannot be started\n`);
      else return reject(error);
      resolve(error.code === 'ENOENT' ? notFound : notStarted);
    });
    child.once('close', (code, signal) => {
      release();
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}
