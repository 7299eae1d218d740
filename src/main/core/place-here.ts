import { posix, win32 } from 'node:path';
import type { UserSpace } from './ports.ts';

/** A path below the user's folders: one for all platforms, or one per platform. */
type Place = string | Readonly<Record<UserSpace['platform'], string>>;

export type Surroundings = Pick<UserSpace, 'platform' | 'home' | 'environment'>;

/** Resolves such a place to an absolute path on this platform. */
export function placeHere(place: Place, { platform, home, environment }: Surroundings): string {
  const path = typeof place === 'string' ? place : place[platform];
  const { join, normalize } = platform === 'windows' ? win32 : posix;
  if (path.startsWith('~/')) return xdgPlace(path, platform, environment) ?? join(home, path.slice(2));
  const appData = environment['APPDATA'] ?? join(home, 'AppData', 'Roaming');
  return normalize(path.replace('%APPDATA%', appData).replace('%USERPROFILE%', home));
}

/** A program that keeps its settings in `~/.config` follows XDG_CONFIG_HOME on Linux. */
function xdgPlace(path: string, platform: UserSpace['platform'], environment: UserSpace['environment']): string | null {
  const folder = environment['XDG_CONFIG_HOME'];
  return platform === 'linux' && folder && path.startsWith('~/.config/')
    ? posix.join(folder, path.slice('~/.config/'.length))
    : null;
}
