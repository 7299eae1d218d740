import { posix, win32 } from 'node:path';
import { placeHere, type Surroundings } from '../place-here.ts';
import type { Place, RecipeFile } from './recipe.ts';

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
