import { createHash } from 'node:crypto';
import type { Handlers } from '#shared/contract/contract.ts';
import type { ToolPlan } from '#shared/domain/tool.ts';
import { hasExpired } from '#shared/domain/local-key.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Clock } from '#shared/ports.ts';
import type { UserSpace } from '../ports.ts';
import type { Values } from './fill-recipe.ts';
import { lineDiff } from './line-diff.ts';
import type { Recipe } from './recipe.ts';
import { type LeftFile, leftFiles, type PlannedFile, planFile, undoChanges, type UndoneFile } from './tool-files.ts';
import type { JournalEntry, ToolJournal } from './tool-journal.ts';

export interface ConnectDeps {
  space: UserSpace;
  journal: ToolJournal;
  calls: Pick<Handlers, 'keys.create' | 'keys.list' | 'keys.revoke'>;
  clock: Pick<Clock, 'nowMs'>;
}

/** The key that a tool's files contain. */
export type ToolKey = Pick<JournalEntry, 'keyId' | 'secret'>;

/** Stands for a key that is created only when the tool is connected; masked in the diff like every key. */
const keyInPlan = 'sk-local-created-when-you-connect';

/**
 * What connecting a tool would write, and a name for exactly this.
 * @param key as for `connectTool`
 */
export async function planTool(
  recipe: Recipe,
  where: Omit<Values, 'key'>,
  deps: ConnectDeps,
  key?: ToolKey,
): Promise<Pick<ToolPlan, 'files' | 'seen'>> {
  const earlier = await deps.journal.read(recipe.id);
  const known = key ?? (await keptKey(earlier, deps));
  const planned = await planFiles(recipe, { ...where, key: known?.secret ?? keyInPlan }, earlier, deps);
  return { files: [...planned.files.map(fileView), ...planned.left.map(leftView)], seen: fingerprint(planned) };
}

function fileView({ change: { path, found, written }, linksTo }: PlannedFile): ToolPlan['files'][number] {
  return { path, isNew: found === null, linksTo, diff: lineDiff(found ?? '', written) };
}

function leftView({ change: { path }, current, result, linksTo }: LeftFile): ToolPlan['files'][number] {
  return { path, isNew: false, linksTo, diff: lineDiff(current, result ?? '') };
}

interface Planned {
  files: PlannedFile[];
  /** Those that our settings are taken out of. */
  left: LeftFile[];
}

async function planFiles(
  { setup, name }: Recipe,
  values: Values,
  earlier: JournalEntry | null,
  { space }: Pick<ConnectDeps, 'space'>,
): Promise<Planned> {
  if (setup.kind !== 'files')
    throw new CorvusError('bad_request', `${name} has no settings file that Corvus could write. ${byHand[setup.kind]}`);
  const known = earlier?.changes ?? [];
  const files = await Promise.all(setup.files.map((file) => planFile(file, values, known, space)));
  return { files, left: await leftFiles(known, files, space) };
}

const byHand = {
  environment: 'Start it with `corvusllm run`.',
  guide: 'It is set up in its own settings, by hand.',
  'hosted-only': 'Its requests come from the servers of its maker, which cannot reach this machine.',
} as const;

/** The same files with the same content give the same name. */
function fingerprint({ files, left }: Planned): string {
  const hash = createHash('sha256');
  for (const { change } of files) hash.update(JSON.stringify([change.path, change.found, change.written]));
  for (const { change, current } of left) hash.update(JSON.stringify([change.path, current]));
  return hash.digest('hex').slice(0, 32);
}

/**
 * Writes what a plan showed. The journal knows the state before from ahead of the first write. When a file cannot be
 * written, the others are put back.
 * @param key absent: the one that the tool is connected with, while it works, else a new one
 */
export async function connectTool(
  recipe: Recipe,
  { seen, ...where }: Omit<Values, 'key'> & { seen: string },
  deps: ConnectDeps,
  key?: ToolKey,
): Promise<void> {
  const { journal } = deps;
  const earlier = await journal.read(recipe.id);
  const known = key ?? (await keptKey(earlier, deps));
  const shown = await planFiles(recipe, { ...where, key: known?.secret ?? keyInPlan }, earlier, deps);
  if (fingerprint(shown) !== seen) {
    throw new CorvusError(
      'conflict',
      `A settings file of ${recipe.name}, its key or the address of Corvus has changed since the changes were shown. Look at them again.`,
    );
  }
  const toolKey = known ?? (await newKey(recipe, deps));
  try {
    const planned = known ? shown : await planFiles(recipe, { ...where, key: toolKey.secret }, earlier, deps);
    await writeFiles(recipe, where, toolKey, earlier, planned, deps);
  } catch (error) {
    // While the journal has it, files may have it too.
    const isGivenUp = !known && (await journal.read(recipe.id))?.keyId !== toolKey.keyId;
    if (isGivenUp) await revoke(toolKey.keyId, deps);
    throw error;
  }
}

async function writeFiles(
  recipe: Recipe,
  where: Omit<Values, 'key'>,
  { keyId, secret }: ToolKey,
  earlier: JournalEntry | null,
  planned: Planned,
  deps: ConnectDeps,
): Promise<void> {
  const { space, journal } = deps;
  const entry: JournalEntry = {
    id: recipe.id,
    state: 'writing',
    keyId,
    secret,
    connectedAtMs: deps.clock.nowMs(),
    replacedKeyId: earlier && earlier.keyId !== keyId ? earlier.keyId : null,
    ...where,
    changes: planned.files.map(({ change }) => change),
  };
  try {
    // While the journal still knows them.
    await undoChanges(
      planned.left.map(({ change }) => change),
      space,
    );
    await journal.write(entry);
    for (const { path, written } of entry.changes) await space.write(path, written);
    await journal.write({ ...entry, state: 'connected' });
  } catch (error) {
    if (earlier) await putBack(earlier, entry, planned.left, deps);
    else await undoTool(entry, deps);
    throw error;
  }
  await revokeReplaced(entry, deps);
}

/** A tool keeps its key, and with it its limits and its envelopes. null: it has none that works. */
async function keptKey(
  earlier: JournalEntry | null,
  { calls, clock }: Pick<ConnectDeps, 'calls' | 'clock'>,
): Promise<ToolKey | null> {
  const known = (await calls['keys.list'](undefined)).find(({ id }) => id === earlier?.keyId);
  return known && known.revokedAtMs === null && !hasExpired(known, clock.nowMs()) ? earlier : null;
}

async function newKey({ name }: Recipe, { calls }: Pick<ConnectDeps, 'calls'>): Promise<ToolKey> {
  const { key, secret } = await calls['keys.create']({ label: name, route: 'auto' });
  return { keyId: key.id, secret };
}

async function revokeReplaced({ replacedKeyId }: JournalEntry, deps: ConnectDeps): Promise<void> {
  if (replacedKeyId !== null) await revoke(replacedKeyId, deps);
}

/** A key that is gone, as after the restore of an older backup, opens nothing any more. */
async function revoke(id: JournalEntry['keyId'], { calls }: Pick<ConnectDeps, 'calls'>): Promise<void> {
  try {
    await calls['keys.revoke']({ id });
  } catch (error) {
    if (!(error instanceof CorvusError) || error.code !== 'not_found') throw error;
  }
}

/** The connection before stays: its files as they were found, and its journal. */
async function putBack(
  earlier: JournalEntry,
  { changes }: JournalEntry,
  left: readonly LeftFile[],
  deps: ConnectDeps,
): Promise<void> {
  const { space, journal } = deps;
  for (const { path, found, written } of changes) {
    if ((await space.read(path))?.text !== written) continue;
    await (found === null ? space.remove(path) : space.write(path, found));
  }
  for (const { change, current, result } of left) {
    const text = (await space.read(change.path))?.text ?? null;
    if (text === result && text !== current) await space.write(change.path, current);
  }
  await journal.write(earlier);
}

/**
 * Takes a tool's changes back, whatever others changed since, and revokes its key. When a file cannot be read, nothing
 * changes.
 */
export async function undoTool(entry: JournalEntry, deps: ConnectDeps): Promise<UndoneFile[]> {
  const { space, journal } = deps;
  await journal.write({ ...entry, state: 'undoing' });
  let files: UndoneFile[];
  try {
    files = await undoChanges(entry.changes, space);
  } catch (error) {
    await journal.write({ ...entry, state: 'connected' });
    throw error;
  }
  await revoke(entry.keyId, deps);
  await journal.remove(entry.id);
  return files;
}

/** Ends a job that a crash interrupted: what was being written is written, what was being undone is undone. */
export async function finishInterrupted(entry: JournalEntry, deps: ConnectDeps): Promise<void> {
  if (entry.state === 'undoing') {
    await undoTool(entry, deps);
    return;
  }
  for (const { path, found, written } of entry.changes) {
    const current = (await deps.space.read(path))?.text ?? null;
    if (current === found) await deps.space.write(path, written);
  }
  await deps.journal.write({ ...entry, state: 'connected' });
  await revokeReplaced(entry, deps);
}
