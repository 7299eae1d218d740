import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { CorvusError } from '#shared/errors.ts';

const privateMode = 0o600;
// Absent on Windows, where a data folder inside the profile is protected by its own access list.
const noFollow = constants.O_NOFOLLOW ?? 0;

/**
 * Replaces a private file as a whole: readers see the old text or the new one, even after a power failure.
 * A planted symlink is refused and its target is not touched.
 */
export async function writePrivateFile(path: string, text: string | Uint8Array): Promise<void> {
  await refuseSymlink(path);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`);
  try {
    await writeNewFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw storageError(path, error);
  }
  await syncFolder(dirname(path));
}

/** Creates a private file that must not exist yet; false when it does. */
export async function createPrivateFile(path: string, text: string): Promise<boolean> {
  try {
    await writeNewFile(path, text);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw storageError(path, error);
  }
  await syncFolder(dirname(path));
  return true;
}

/** The text of a private file and whether others could read it; null when there is none. */
export async function readPrivateFile(path: string): Promise<{ text: string; isExposed: boolean } | null> {
  try {
    const file = await open(path, constants.O_RDONLY | noFollow);
    try {
      const { mode } = await file.stat();
      return { text: await file.readFile('utf8'), isExposed: process.platform !== 'win32' && (mode & 0o077) !== 0 };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw hasCode(error, 'ELOOP') ? symlinkError(path) : storageError(path, error);
  }
}

/** Throws when `path` is a symlink, because Corvus never creates one. */
export async function refuseSymlink(path: string): Promise<void> {
  const facts = await lstat(path).catch(() => null);
  if (facts?.isSymbolicLink()) throw symlinkError(path);
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

async function writeNewFile(path: string, text: string | Uint8Array): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow, privateMode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename survive a power failure. Windows cannot open folders and does not need this. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function symlinkError(path: string): CorvusError {
  return new CorvusError(
    'storage_unavailable',
    `${path} is a symbolic link; Corvus does not write through links. Remove it and start again.`,
  );
}

/** What a disk failure means for the person. */
export function storageError(path: string, error: unknown): CorvusError {
  if (error instanceof CorvusError) return error;
  return new CorvusError('storage_unavailable', `${path} cannot be used: ${diskReason(error)}.`, {}, error);
}

/** Why the disk refused, without the call and the temporary names that Node puts beside it. */
export function diskReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'errno' in error && typeof error.errno === 'number' ? getSystemErrorMessage(error.errno) : error.message;
}
