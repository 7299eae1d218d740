import { posix, win32 } from 'node:path';
import type { UserSpace } from '../ports.ts';
import type { Place, RecipeFile } from './recipe.ts';

type Surroundings = Pick<UserSpace, 'platform' | 'home' | 'environment'>;

/** The absolute path of a recipe's place on this platform. */
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
  return platform === 'linux' && folder && path.startsWith('~/.config/') ? posix.join(folder, path.slice('~/.config/'.length)) : null;
}

/** The paths at which a recipe's file may be, the usual one first. */
export function filePlaces({ path, alternatives = [], moved }: RecipeFile, space: Surroundings): [string, ...string[]] {
  const here = (place: Place): string => {
    const usual = placeHere(place, space);
    const folder = moved && space.environment[moved.variable];
    if (!folder) return usual;
    const { join, relative } = space.platform === 'windows' ? win32 : posix;
    return join(folder, relative(placeHere(moved.folder, space), usual));
  };
  return [here(path), ...alternatives.map(here)];
}
