import { chmod, lstat, mkdir, readlink, symlink, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { CorvusError } from '#shared/errors.ts';

const commandName = 'corvusllm';

export interface Linked {
  path: string;
  target: string;
  /** Whether shells find it: its folder is on the PATH. */
  isOnPath: boolean;
}

/**
 * Puts `corvusllm` on the PATH: a symbolic link to this installation. Replaces only a link. Throws `conflict` when a
 * file of that name exists.
 */
export async function linkCommand(
  installation: string,
  folder: string = join(homedir(), '.local', 'bin'),
): Promise<Linked> {
  if (process.platform === 'win32') {
    throw new CorvusError(
      'bad_request',
      `Windows has no such links. Add ${join(installation, 'bin')} to the PATH instead.`,
    );
  }
  // Absolute, because a relative path would mean another folder elsewhere.
  const place = resolve(folder);
  const [path, target] = [join(place, commandName), join(installation, 'bin', 'corvusllm.mjs')];
  // Readable by others, as programs are, whatever this process creates otherwise.
  await mkdir(place, { recursive: true, mode: 0o755 });
  const existing = await lstat(path).catch(() => null);
  if (existing && !existing.isSymbolicLink())
    throw new CorvusError('conflict', `${path} exists and is no link, so it was left as it is.`);
  if (!existing || (await readlink(path)) !== target) {
    if (existing) await unlink(path);
    await symlink(target, path);
  }
  await chmod(target, 0o755).catch(() => undefined);
  const isOnPath = pathFolders().some((entry) => resolve(entry) === place);
  return { path, target, isOnPath };
}

/** Whether shells find a `corvusllm`: what Corvus prints names it. */
export async function isCommandFound(): Promise<boolean> {
  const places = await Promise.all(pathFolders().map((folder) => lstat(join(folder, commandName)).catch(() => null)));
  return places.some((place) => place !== null);
}

function pathFolders(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}
