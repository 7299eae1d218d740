import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { basename } from 'node:path';
import type { Output } from '#shared/contract/contract.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import type { ToolId } from '#shared/domain/tool.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { EnvelopeId, LocalKeyId } from '#shared/ids.ts';
import { parseUsd, zeroUsd } from '#shared/money.ts';
import type { CommandContext } from './call-and-print.ts';
import { type Connection, connectToRunning } from './connection.ts';
import { plainText } from './output.ts';

export interface RunOptions {
  tool?: ToolId;
  model?: string;
  /** The most that this run may spend. */
  envelope?: string;
  /** The run is not started with less to spend on the prepaid account. */
  minBalance?: string;
}

/** As shells report a command that cannot be found, or cannot be started. */
const notFound = 127;
const notStarted = 126;
const balanceTooLow = 4;
const stoppedAtLimit = 5;

/**
 * Starts a command with the environment that brings it to Corvus. Returns its exit code, or 128 and the number of the
 * signal that ended it; a code of its own where the balance is too low to start, or the run was refused at its limit.
 */
export async function runTool(
  context: CommandContext,
  [program = '', ...rest]: readonly string[],
  { tool, model, envelope, minBalance }: RunOptions,
): Promise<number> {
  const { io } = context;
  const connection = await connectToRunning(context.home);
  const shortage = minBalance === undefined ? null : await shortageBelow(connection, minBalance);
  if (shortage !== null) {
    await io.writeError(`corvusllm: not started: ${shortage}\n`);
    return balanceTooLow;
  }
  const command = basename(program)
    .replace(/\.(exe|cmd|ps1)$/i, '')
    .slice(0, 80);
  const isOneRun = envelope !== undefined || minBalance !== undefined;
  const start = await connection.call('tools.start', { id: tool ?? null, command, model: model ?? null, isOneRun });
  if (Object.keys(start.variables).length === 0) {
    throw new CorvusError('bad_request', `${start.name} is set up by hand: ${start.steps.join(' ')}`);
  }
  if (!isOneRun) return runWithOwnKey(context, connection, start, [program, ...rest]);
  const wallet = envelope === undefined ? null : await openWallet(connection, start, envelope);
  let end: RunEnd | null = null;
  let code: number;
  try {
    code = await runWith(context, start, [program, ...rest]);
  } finally {
    end = await endRun(connection, start.keyId, wallet);
    await io.writeError(`corvusllm: ${end.sentence}\n`);
  }
  if (!end.isAtLimit) return code;
  await io.writeError(`corvusllm: it was stopped at its limit; the command itself ended with ${code}.\n`);
  return stoppedAtLimit;
}

/** Why there is not as much to spend; null: there is. A balance that cannot be confirmed now counts as none. */
async function shortageBelow(connection: Connection, least: string): Promise<string | null> {
  const balance = await connection.call('balance.get', { refresh: true });
  if (balance.state === 'none') return 'no prepaid account is connected.';
  if (balance.state === 'unknown' || balance.state === 'stale') return 'the balance cannot be confirmed now.';
  if ((parseUsd(balance.spendable) ?? zeroUsd) >= (parseUsd(least) ?? zeroUsd)) return null;
  return `${balance.spendable} USD can be spent, less than ${least} USD.`;
}

/** With the key that the command had before, or gets now; a new one is taken back where the command does not start. */
async function runWithOwnKey(
  context: CommandContext,
  connection: Connection,
  start: Output<'tools.start'>,
  command: readonly string[],
): Promise<number> {
  let hasStarted = false;
  try {
    return await runWith(context, start, command, () => (hasStarted = true));
  } finally {
    if (start.isNewKey && !hasStarted) await connection.call('keys.revoke', { id: start.keyId });
  }
}

async function runWith(
  { io }: CommandContext,
  start: Output<'tools.start'>,
  [program = '', ...parameters]: readonly string[],
  onStart?: () => void,
): Promise<number> {
  for (const line of conflicts(start, process.env)) await io.writeError(`corvusllm: ${line}\n`);
  const environment = { ...process.env, ...start.variables };
  for (const name of start.unset) delete environment[name];
  process.umask(io.umask);
  return ended(program, [...start.parameters, ...parameters], environment, onStart);
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

interface RunEnd {
  /** What was spent. */
  sentence: string;
  /** Its own envelope refused or cut something. */
  isAtLimit: boolean;
}

/** Ends the run's key and its envelope, if it had one. What fails of it does not keep the rest from being done. */
async function endRun(connection: Connection, keyId: LocalKeyId, wallet: EnvelopeId | null): Promise<RunEnd> {
  const faults: string[] = [];
  const tried = <T>(what: string, done: Promise<T>): Promise<T | null> =>
    done.catch((error: unknown) => {
      faults.push(`${what}: ${toCorvusError(error).message}`);
      return null;
    });
  await tried('the key of this run could not be revoked', connection.call('keys.revoke', { id: keyId }));
  const unread = 'what this run spent could not be read';
  const spent = await tried(unread, spentBy(connection, keyId, wallet));
  const isAtLimit = wallet !== null && (await tried(unread, wasAtLimit(connection, keyId, wallet)));
  if (wallet !== null) {
    const removed = connection.call('envelopes.remove', { id: wallet });
    await tried('the envelope of this run could not be removed', removed);
  }
  return { sentence: [...(spent === null ? [] : [spent]), ...faults].join(' '), isAtLimit: isAtLimit === true };
}

async function spentBy(connection: Connection, keyId: LocalKeyId, wallet: EnvelopeId | null): Promise<string> {
  if (wallet !== null) {
    const envelope = (await connection.call('envelopes.list', undefined)).find(({ id }) => id === wallet);
    return envelope
      ? `this run spent ${envelope.spent} of ${envelope.limit} USD.`
      : 'the envelope of this run was removed meanwhile.';
  }
  const sums = await connection.call('requests.sum', { filter: { ...noFilter, localKeyId: keyId } });
  const unknown = sums.unpriced === 0 ? '' : `, and ${sums.unpriced} requests of unknown cost`;
  return `this run spent ${sums.cost} USD${unknown}.`;
}

/** A refusal at an envelope names it. */
async function wasAtLimit(connection: Connection, localKeyId: LocalKeyId, wallet: EnvelopeId): Promise<boolean> {
  const filter = { ...noFilter, localKeyId, status: 'failures' } as const;
  let cursor: string | null = null;
  do {
    const page: Output<'requests.export'> = await connection.call('requests.export', { filter, cursor, limit: 200 });
    const isHere = page.rows.some(
      ({ errorMessage, limitedBy, status }) =>
        errorMessage?.includes(wallet) || (limitedBy === wallet && status === 'truncated'),
    );
    if (isHere) return true;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return false;
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

function ended(
  program: string,
  parameters: readonly string[],
  env: NodeJS.ProcessEnv,
  onStart: (() => void) | undefined,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { env, stdio: 'inherit' });
    if (onStart) child.once('spawn', onStart);
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
