import { posix, win32 } from 'node:path';
import { CorvusError } from '#shared/errors.ts';
import type { ToolFileState } from '#shared/domain/tool.ts';
import { placeHere, type Surroundings } from '../place-here.ts';
import type { UserSpace } from '../ports.ts';
import { type Change, isInPlace, takeBackChange, writeMembers } from './change-settings.ts';
import { fillMembers, type Values } from './fill-recipe.ts';
import type { Place, RecipeFile } from './recipe.ts';
import type { JournalEntry } from './tool-journal.ts';

export type JournalChange = JournalEntry['changes'][number];

export interface PlannedFile {
  change: JournalChange;
  linksTo: string | null;
}

/**
 * What a recipe's file becomes. `known` is what is written in it already: it is taken back first, so that the state
 * before our first change is what an undo restores. Throws `tool_file_unreadable` or `tool_file_unwritable`; nothing is
 * written.
 */
export async function planFile(
  file: RecipeFile,
  values: Values,
  known: readonly JournalChange[],
  space: UserSpace,
): Promise<PlannedFile> {
  const path = await firstExisting(filePlaces(file, space), space);
  const current = await space.read(path);
  if (current?.isReadOnly) throw readOnlyError(path);
  const earlier = known.find((change) => change.path === path);
  const before = earlier && current ? takeBackChange(earlier, current.text) : (current?.text ?? null);
  const written = writeMembers({ path, format: file.format, members: fillMembers(file.members, values) }, before);
  const rewritten = file.members
    .filter(({ isRewritten }) => isRewritten)
    .map((member) => member.path.filter((step) => typeof step === 'string'));
  const madeFolders = earlier?.madeFolders ?? (await missingFolders(path, space));
  return {
    change: { path, format: file.format, before, found: current?.text ?? null, written, rewritten, madeFolders },
    linksTo: current?.linksTo ?? null,
  };
}

function readOnlyError(path: string): CorvusError {
  return new CorvusError(
    'tool_file_unwritable',
    `${path} is read-only, so it was not changed. Make it writable, then try again.`,
  );
}

/** A file of the connection before that the tool no longer reads: another one is there now, or its folder has moved. */
export interface LeftFile {
  change: JournalChange;
  current: string;
  /** Without our settings; null: it goes. */
  result: string | null;
  linksTo: string | null;
}

/** What is left where nothing is planned any more. Throws as `planFile` does. */
export async function leftFiles(
  known: readonly JournalChange[],
  planned: readonly PlannedFile[],
  space: UserSpace,
): Promise<LeftFile[]> {
  const left = known.filter(({ path }) => !planned.some(({ change }) => change.path === path));
  const found = await Promise.all(
    left.map(async (change): Promise<LeftFile[]> => {
      const file = await space.read(change.path);
      if (file === null) return [];
      const result = takeBackChange(change, file.text);
      if (file.isReadOnly && result !== file.text) throw readOnlyError(change.path);
      return [{ change, current: file.text, result, linksTo: file.linksTo }];
    }),
  );
  return found.flat();
}

async function firstExisting(places: readonly [string, ...string[]], space: UserSpace): Promise<string> {
  for (const path of places) if (await space.exists(path)) return path;
  return places[0];
}

async function missingFolders(path: string, space: UserSpace): Promise<string[]> {
  const { dirname } = space.platform === 'windows' ? win32 : posix;
  const missing: string[] = [];
  for (
    let folder = dirname(path);
    !(await space.exists(folder)) && folder !== dirname(folder);
    folder = dirname(folder)
  )
    missing.unshift(folder);
  return missing;
}

/** How a file that was written stands now. */
export async function fileState(change: Change, space: UserSpace): Promise<ToolFileState> {
  try {
    const file = await space.read(change.path);
    if (file === null) return 'missing';
    if (file.text === change.written) return 'in-place';
    return isInPlace(change, file.text) ? 'edited' : 'overwritten';
  } catch {
    return 'unreadable';
  }
}

export interface UndoneFile {
  path: string;
  outcome: 'restored' | 'merged' | 'deleted' | 'left';
}

/**
 * Takes changes back. What each file becomes is found out before the first is written, so a file that cannot be read
 * changes none.
 */
export async function undoChanges(changes: readonly JournalChange[], space: UserSpace): Promise<UndoneFile[]> {
  const jobs = await Promise.all(
    changes.map(async (change) => {
      const file = await space.read(change.path);
      return { change, current: file?.text ?? null, result: file ? takeBackChange(change, file.text) : null };
    }),
  );
  const undone: UndoneFile[] = [];
  for (const { change, current, result } of jobs)
    undone.push({ path: change.path, outcome: await undoOne(change, current, result, space) });
  return undone;
}

async function undoOne(
  { path, before, madeFolders }: JournalChange,
  current: string | null,
  result: string | null,
  space: UserSpace,
): Promise<UndoneFile['outcome']> {
  if (current === null) return 'left';
  if (result === null) {
    await space.remove(path);
    for (const folder of madeFolders.toReversed()) await space.removeEmptyFolder(folder);
    return 'deleted';
  }
  if (result !== current) await space.write(path, result);
  return result === before ? 'restored' : 'merged';
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
