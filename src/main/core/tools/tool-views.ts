import type { Handlers } from '#shared/contract/contract.ts';
import { hasExpired, type LocalKey } from '#shared/domain/local-key.ts';
import type { Tool } from '#shared/domain/tool.ts';
import type { LocalKeyId } from '#shared/ids.ts';
import type { Clock } from '#shared/ports.ts';
import type { UserSpace } from '../ports.ts';
import { readSetVariables, type SetVariables } from './find-overrides.ts';
import { findTool, type Installed, readInstalled } from './find-tool.ts';
import { type Recipe, recipes } from './recipe.ts';
import { fileState } from './tool-files.ts';
import type { JournalEntry, ToolJournal } from './tool-journal.ts';

export interface ToolViewsDeps {
  clock: Clock;
  space: UserSpace;
  journal: ToolJournal;
  calls: Pick<Handlers, 'keys.list'>;
  gatewayUrl(): string | null;
}

/** Tools as pages and commands see them: files and environment are read at each call. */
export interface ToolViews {
  /** @param terminal names of variables that are set where the question comes from */
  list(terminal: readonly string[]): Promise<Tool[]>;
  one(recipe: Recipe): Promise<Tool>;
}

interface Facts {
  installed: Installed;
  variables: SetVariables;
  entries: readonly JournalEntry[];
  keys: ReadonlyMap<LocalKeyId, LocalKey>;
}

export function createToolViews({ clock, space, journal, calls, gatewayUrl }: ToolViewsDeps): ToolViews {
  async function readFacts(terminal: readonly string[]): Promise<Facts> {
    const [installed, variables, entries, keys] = await Promise.all([
      readInstalled(space),
      readSetVariables(space, terminal),
      journal.list(),
      calls['keys.list'](undefined),
    ]);
    return { installed, variables, entries, keys: new Map(keys.map((key) => [key.id, key])) };
  }

  async function view(recipe: Recipe, { installed, variables, entries, keys }: Facts): Promise<Tool> {
    const { id, name, dialect, setup, overriding, notes, whenStopped, proof } = recipe;
    const entry = entries.find((known) => known.id === id);
    return {
      id,
      name,
      dialect,
      setup: setup.kind,
      foundAt: await findTool(recipe, installed, space),
      connection: entry ? await connectionOf(entry, keys.get(entry.keyId)) : null,
      overrides: variables.find(overriding),
      steps: setup.kind === 'hosted-only' ? setup.steps : [],
      notes,
      whenStopped,
      proof,
    };
  }

  async function connectionOf(entry: JournalEntry, key: LocalKey | undefined): Promise<Tool['connection']> {
    const { keyId, connectedAtMs, model, gatewayUrl: address, changes } = entry;
    const files = await Promise.all(
      changes.map(async (change) => ({ path: change.path, state: await fileState(change, space) })),
    );
    return {
      keyId,
      isKeyRefused: !key || key.revokedAtMs !== null || hasExpired(key, clock.nowMs()),
      model,
      gatewayUrl: address,
      isElsewhere: address !== gatewayUrl(),
      files,
      connectedAtMs,
      lastRequestAtMs: lastUseSince(connectedAtMs, key),
    };
  }

  return {
    async list(terminal) {
      const facts = await readFacts(terminal);
      return Promise.all(recipes().map((recipe) => view(recipe, facts)));
    },
    one: async (recipe) => view(recipe, await readFacts([])),
  };
}

/** A use before the connection was made says nothing about the settings that were written then. */
function lastUseSince(connectedAtMs: number, key: LocalKey | undefined): number | null {
  const usedAtMs = key?.lastUsedAtMs ?? null;
  return usedAtMs === null || usedAtMs < connectedAtMs ? null : usedAtMs;
}
