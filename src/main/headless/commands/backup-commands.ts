import { chmodSync, constants, copyFileSync, lstatSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Restored } from '#core/store/restore.ts';
import type { Backup, Backups } from '#shared/contract/storage.ts';
import { CorvusError } from '#shared/errors.ts';
import { hasCode, storageError } from '../../host/atomic-file.ts';
import { homePathHere, openHome } from '../../host/home.ts';
import { claimHome } from '../../host/owner.ts';
import { callAndPrint, type CommandContext } from '../call-and-print.ts';
import { withConnection } from '../connection.ts';
import { plainText, printResult, table } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { time } from '../render.ts';

/** `corvusllm backup`, `backups` and `restore` */
export function addBackupCommands({ program, context }: CommandLine): void {
  program
    .command('backup')
    .description('Back up requests, keys, envelopes, providers, settings and the stored statement; running or not')
    .argument('[file]', 'Also copy the backup to this file, which must not exist')
    .action((file?: string) => backUp(context(), file));
  program
    .command('backups')
    .description('List the backups that are kept, newest first')
    .action(() => callAndPrint(context(), 'backups.list', undefined, renderBackups));
  program
    .command('restore')
    .description('Put a backup in the place of the database, while Corvus is not running')
    .argument('<file>', 'A file that `corvusllm backup` made, or one of the daily backups')
    .action((file: string) => restore(context(), file));
}

async function backUp({ home, isJson, io }: CommandContext, file: string | undefined): Promise<void> {
  const copyPath = file === undefined ? null : resolve(file);
  if (copyPath !== null && lstatSync(copyPath, { throwIfNoEntry: false })) throw exists(copyPath);
  await withConnection(home, async (connection) => {
    const backup = await connection.call('backups.create', undefined);
    const made = copyPath === null ? backup : copyTo(backup, copyPath);
    await printResult(io, isJson, made, () => plainText(`${made.path} (${megabytes(made.bytes)})`));
  });
}

function copyTo(backup: Backup, path: string): Backup {
  try {
    copyFileSync(backup.path, path, constants.COPYFILE_EXCL);
    chmodSync(path, 0o600);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw exists(path);
    // Half a backup must not be taken for one.
    rmSync(path, { force: true });
    throw storageError(path, error);
  }
  return { ...backup, path };
}

function exists(path: string): CorvusError {
  return new CorvusError('conflict', `${path} exists already. Name another file.`);
}

async function restore({ home, isJson, io }: CommandContext, file: string): Promise<void> {
  const paths = await openHome(homePathHere(home));
  const claim = await claimHome(paths.home);
  if (claim.kind === 'attached') {
    const why = `Corvus is running on this data folder, as process ${claim.owner.pid}. End it, then restore.`;
    throw new CorvusError('conflict', why);
  }
  try {
    // Only this command loads SQLite here.
    const { restoreBackup } = await import('#core/store/restore.ts');
    const restored = restoreBackup(resolve(file), paths.database);
    await printResult(io, isJson, restored, () => renderRestored(file, restored));
  } finally {
    await claim.ownership.release();
  }
}

function renderBackups({ folder, kept, problem }: Backups): string {
  const list =
    kept.length === 0
      ? `There are none in ${plainText(folder)}.`
      : table(
          ['TIME', 'SIZE ', 'FILE'],
          kept.map(({ atMs, bytes, path }) => [time(atMs), megabytes(bytes), path]),
        );
  return problem === null ? list : `${list}\nThe last attempt failed: ${plainText(problem)}`;
}

function renderRestored(file: string, { requests, takenOver, replaced }: Restored): string {
  const lines = [`Restored ${plainText(file)}: ${requests} requests.`];
  if (takenOver === null)
    lines.push(
      'The database before was damaged: what was spent since the backup is in no envelope. The account knows what it charged.',
    );
  else if (takenOver > 0) lines.push(`Newer than the backup: ${takenOver}. They stay, because their money is spent.`);
  if (replaced !== null) lines.push(`The database before is ${plainText(replaced)}. Restoring that file undoes this.`);
  return lines.join('\n');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
