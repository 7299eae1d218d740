import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CorvusError } from '#shared/errors.ts';
import type { Backup } from '#shared/contract/storage.ts';
import { dayMs } from '#shared/time.ts';
import type { ReadDb } from '../database/database.ts';
import { fileStamp } from '../database/migrate.ts';
import { isWhole } from '../database/open-database.ts';

/** What a backup leaves free on the disk, so that requests can still be written. */
const reserveBytes = 256 * 1024 * 1024;
const unfinished = '.unfinished';

/** Where the backups of a database are: a folder beside it, for this user alone. */
function backupFolder(databasePath: string): string {
  return join(dirname(databasePath), 'backups');
}

/**
 * Copies the whole database, as it is at this moment, into a file of its own, and deletes the oldest backups but `kept`; with
 * 0 none. `VACUUM INTO` reads one snapshot however much is written meanwhile; copying page by page would begin again at each
 * commit. The file gets its name when it is complete, checked and on the disk.
 */
export function createBackup(db: ReadDb, kept: number): Backup {
  const folder = backupFolder(db.name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Left by a process that was killed: a data folder has one owner.
  for (const name of readdirSync(folder)) if (name.endsWith(unfinished)) rmSync(join(folder, name));
  refuseWithoutRoom(db, folder);
  const stamp = fileStamp();
  const path = join(folder, `${stemOf(db.name)}-${stamp}.db`);
  const temporary = `${path}${unfinished}`;
  try {
    closeSync(openSync(temporary, 'wx', 0o600));
    db.prepare('VACUUM INTO ?').run(temporary);
    if (!isWhole(temporary)) throw new CorvusError('storage_unavailable', 'The backup did not pass its check.');
    flush(temporary);
    renameSync(temporary, path);
    flush(folder);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const made = { path, atMs: timeOf(stamp) ?? Date.now(), bytes: statSync(path).size };
  // A clock that was wrong may have left a name of the future: the new one stays all the same.
  const others = listBackups(db).kept.filter((backup) => backup.path !== path);
  if (kept > 0) for (const old of notKept([made, ...others], kept)) rmSync(old.path, { force: true });
  return made;
}

/**
 * What need not be kept, of backups with the newest first. A database that was lost is small when it begins again: its
 * backups do not push out the last one from before, for a month.
 */
export function notKept(backups: readonly Backup[], kept: number): Backup[] {
  const [newest] = backups;
  const beyond = backups.slice(kept);
  const fromBefore = beyond.find(({ bytes }) => newest && bytes > 2 * newest.bytes);
  const isRecent = newest && fromBefore && newest.atMs - fromBefore.atMs < 30 * dayMs;
  return isRecent ? beyond.filter((backup) => backup !== fromBefore) : beyond;
}

/** Newest first. */
export function listBackups({ name: databasePath }: ReadDb): { folder: string; kept: Backup[] } {
  const folder = backupFolder(databasePath);
  const start = `${stemOf(databasePath)}-`;
  const names = statSync(folder, { throwIfNoEntry: false }) ? readdirSync(folder) : [];
  const kept = names
    .flatMap((name) => {
      const atMs =
        name.startsWith(start) && name.endsWith('.db') ? timeOf(name.slice(start.length, -'.db'.length)) : null;
      return atMs === null ? [] : [{ path: join(folder, name), atMs, bytes: statSync(join(folder, name)).size }];
    })
    .sort((one, other) => other.atMs - one.atMs);
  return { folder, kept };
}

function stemOf(databasePath: string): string {
  return basename(databasePath, '.db');
}

/** The time that a stamp of `fileStamp` says, or null. */
function timeOf(stamp: string): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)-(\d{3})Z$/.exec(stamp);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second, ms] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
}

function refuseWithoutRoom(db: ReadDb, folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const needed = statSync(db.name).size + reserveBytes;
  if (bavail * bsize >= needed) return;
  const megabytes = Math.ceil(needed / 1024 / 1024);
  throw new CorvusError(
    'storage_unavailable',
    `There is no room for a backup in ${folder}: ${megabytes} MB are needed.`,
  );
}

/** To the disk: what was renamed before it was written could be empty after a power cut. */
export function flush(path: string): void {
  // Windows can neither open folders nor needs it.
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
