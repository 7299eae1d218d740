import { randomBytes } from 'node:crypto';
import {
  access,
  chmod,
  constants,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { UserFile, UserSpace } from '#core/ports.ts';
import { CorvusError } from '#shared/errors.ts';
import { hasCode, syncFolder, writePrivateFile } from './atomic-file.ts';

const platforms: Readonly<Partial<Record<NodeJS.Platform, UserSpace['platform']>>> = {
  darwin: 'macos',
  win32: 'windows',
};
const largestFile = 5 * 1024 * 1024;

/** The person's files as this machine has them. `home` and `environment` differ only in tests. */
export function userSpaceHere(home: string = homedir(), environment: NodeJS.ProcessEnv = process.env): UserSpace {
  return {
    platform: platforms[process.platform] ?? 'linux',
    home,
    environment,
    exists: (path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    list: (path) => readdir(path).catch(() => []),
    read: readUserFile,
    write: writeUserFile,
    writeOwn: writePrivateFile,
    remove: (path) => rm(path, { force: true }),
    removeEmptyFolder: (path) => rmdir(path).catch(() => undefined),
  };
}

async function readUserFile(path: string): Promise<UserFile | null> {
  try {
    const isLink = (await lstat(path)).isSymbolicLink();
    const target = isLink ? await realpath(path) : path;
    const facts = await stat(target);
    if (!facts.isFile()) throw new CorvusError('tool_file_unreadable', `${path} is not a file, so it was not changed.`);
    if (facts.size > largestFile)
      throw new CorvusError('tool_file_unreadable', `${path} is larger than 5 MiB, so it was not changed.`);
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(target));
    return { text, linksTo: isLink ? target : null, isReadOnly: await isReadOnly(target, facts) };
  } catch (error) {
    if (error instanceof CorvusError) throw error;
    if (hasCode(error, 'ENOENT')) return dangling(path);
    throw unusable('tool_file_unreadable', path, 'read', error);
  }
}

/** A link that leads nowhere is not the same as no file: writing would create a file somewhere else. */
async function dangling(path: string): Promise<null> {
  if (await lstat(path).catch(() => null)) {
    throw new CorvusError(
      'tool_file_unreadable',
      `${path} is a symbolic link to a file that does not exist, so nothing was written.`,
    );
  }
  return null;
}

async function isReadOnly(path: string, { mode, uid }: { mode: number; uid: number }): Promise<boolean> {
  if (process.platform !== 'win32' && ((mode & 0o200) === 0 || uid !== process.getuid?.())) return true;
  return access(path, constants.W_OK).then(
    () => false,
    () => true,
  );
}

async function writeUserFile(path: string, text: string): Promise<void> {
  try {
    const target = await realpath(path).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return path;
      throw error;
    });
    const mode = await stat(target).then(
      (facts) => facts.mode & 0o777,
      () => 0o600,
    );
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(8).toString('hex')}.corvusllm`);
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await chmod(temporary, mode);
      await rename(temporary, target);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
    await syncFolder(dirname(target));
  } catch (error) {
    throw unusable('tool_file_unwritable', path, 'written', error);
  }
}

function unusable(
  code: 'tool_file_unreadable' | 'tool_file_unwritable',
  path: string,
  what: string,
  error: unknown,
): CorvusError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CorvusError(code, `${path} cannot be ${what}: ${reason}`, {}, error);
}
