import { chmod, lstat, mkdir, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Paths } from '#core/ports.ts';
import { CorvusError } from '#shared/errors.ts';
import { diskReason, refuseSymlink } from './atomic-file.ts';

export interface HomeFacts {
  /** `--home`; overrides everything else. */
  flag?: string | undefined;
  environment: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  userHome: string;
}

/** The data folder's path: `--home`, else CORVUSLLM_HOME, else the platform's default. */
export function homePath(facts: HomeFacts): string {
  const named = facts.flag || facts.environment['CORVUSLLM_HOME'];
  return named ? resolve(named) : platformHome(facts);
}

export function homePathHere(flag: string | undefined): string {
  return homePath({ flag, environment: process.env, platform: process.platform, userHome: homedir() });
}

function platformHome({ environment, platform, userHome }: HomeFacts): string {
  if (platform === 'darwin') return join(userHome, 'Library', 'Application Support', 'corvusllm');
  if (platform === 'win32') return join(environment['APPDATA'] || join(userHome, 'AppData', 'Roaming'), 'corvusllm');
  return join(environment['XDG_DATA_HOME'] || join(userHome, '.local', 'share'), 'corvusllm');
}

/**
 * The files of this program in its data folder: databases and SQLite's files beside them, backups, logs, secrets,
 * owner, logins of the dashboard, the place of the window, the file for status bars, Electron's folder.
 */
const ownFile = /^(corvusllm|sandbox|owner|vault|keychain|sessions|window|status|electron|backups)(\.|$)/;
/** Readers of these files check the mode themselves: others may already know the secret. */
const secretFile = /\.key$/;

/** Creates the data folder (0700) or checks the existing one and the files in it. Returns their names. */
export async function openHome(path: string): Promise<Paths> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(path, diskReason(error), error);
  }
  const facts = await lstat(path);
  if (facts.isSymbolicLink()) throw unusable(path, 'it is a symbolic link; name the real folder with --home');
  if (process.platform !== 'win32') await checkOwnership(path, facts);
  await checkFiles(path);
  return { home: path, database: join(path, 'corvusllm.db'), sandboxDatabase: join(path, 'sandbox.db') };
}

async function checkOwnership(path: string, facts: { mode: number; uid: number }): Promise<void> {
  if (facts.uid !== process.getuid?.()) throw unusable(path, 'it belongs to another user');
  if ((facts.mode & 0o022) !== 0) {
    throw unusable(path, `others may write to it; run \`chmod 700 '${path}'\` after checking what is in it`);
  }
  // Readable by others usually comes from the umask, not from an intruder: tightened silently.
  if ((facts.mode & 0o077) !== 0) await chmod(path, 0o700);
}

/** A link in place of a file would make this program read or write somewhere else, so it does not start. */
async function checkFiles(home: string): Promise<void> {
  for (const entry of await readdir(home, { withFileTypes: true })) {
    const path = join(home, entry.name);
    if (!ownFile.test(entry.name)) continue;
    await refuseSymlink(path);
    if (process.platform === 'win32' || !entry.isFile() || secretFile.test(entry.name)) continue;
    const { mode } = await lstat(path);
    if ((mode & 0o077) !== 0) await chmod(path, 0o600);
  }
}

function unusable(path: string, reason: string, cause?: unknown): CorvusError {
  return new CorvusError('storage_unavailable', `The data folder ${path} cannot be used: ${reason}.`, {}, cause);
}
