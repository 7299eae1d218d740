import { posix, win32 } from 'node:path';
import type { UserSpace } from '../ports.ts';
import { placeHere } from '../place-here.ts';
import type { Recipe } from './recipe.ts';

const extensionFolders = [
  '~/.vscode/extensions',
  '~/.vscode-insiders/extensions',
  '~/.cursor/extensions',
  '~/.windsurf/extensions',
];

/** What is installed here, read once for all recipes. */
export interface Installed {
  /** The path of a command on the PATH; null when there is none. */
  command(name: string): string | null;
  /** The folder of an editor's extension. */
  extension(id: string): string | null;
}

export async function readInstalled(space: UserSpace): Promise<Installed> {
  const isWindows = space.platform === 'windows';
  const { join } = isWindows ? win32 : posix;
  const searched = (space.environment['PATH'] ?? '').split(isWindows ? ';' : ':').filter((folder) => folder !== '');
  const namesIn = (folders: readonly string[]) =>
    Promise.all(
      folders.map(async (folder) =>
        (await space.list(folder)).map((name) => ({ name: name.toLowerCase(), path: join(folder, name) })),
      ),
    );
  const [commands, extensions] = await Promise.all([
    namesIn(searched),
    namesIn(extensionFolders.map((place) => placeHere(place, space))),
  ]);
  // The first folder of the PATH wins, so it is entered last.
  const commandPaths = new Map(
    commands.toReversed().flatMap((found) => found.map(({ name, path }) => [name, path] as const)),
  );
  const endings = isWindows ? ['.exe', '.cmd', '.ps1'] : [''];
  return {
    command: (name) =>
      endings.map((ending) => commandPaths.get(name + ending)).find((path) => path !== undefined) ?? null,
    extension: (id) => extensions.flat().find(({ name }) => name.startsWith(`${id.toLowerCase()}-`))?.path ?? null,
  };
}

/** Where a tool was found on this machine; null when it was not. */
export async function findTool({ found }: Recipe, installed: Installed, space: UserSpace): Promise<string | null> {
  for (const name of found.commands) {
    const path = installed.command(name);
    if (path !== null) return path;
  }
  for (const id of found.extensions) {
    const path = installed.extension(id);
    if (path !== null) return path;
  }
  for (const place of found.paths) {
    const path = placeHere(place, space);
    if (await space.exists(path)) return path;
  }
  return null;
}
