import type { Logger } from '#shared/ports.ts';
import type { Emit } from '../emit.ts';
import { type ConnectDeps, connectTool, planTool } from './connect-tool.ts';
import { fileState } from './tool-files.ts';
import type { JournalEntry } from './tool-journal.ts';
import { recipeOf } from './recipe.ts';

export interface FollowDeps extends ConnectDeps {
  logger: Logger;
  emit: Emit;
}

/**
 * Connects those tools again, with their models and keys, that still have our settings but name another address. A key
 * that was revoked stays revoked.
 */
export async function followPort(gatewayUrl: string, { logger, emit, ...deps }: FollowDeps): Promise<void> {
  for (const entry of await deps.journal.list()) {
    if (entry.gatewayUrl === gatewayUrl) continue;
    try {
      if (await connectAgain(entry, gatewayUrl, deps)) emit('tools.changed', { ids: [entry.id] });
    } catch (cause) {
      logger.error('tools.not-moved', { tool: entry.id, cause });
    }
  }
}

/** Settings that someone else has replaced are theirs. */
async function connectAgain(entry: JournalEntry, gatewayUrl: string, deps: ConnectDeps): Promise<boolean> {
  const { id, model, changes } = entry;
  const states = await Promise.all(changes.map((change) => fileState(change, deps.space)));
  if (states.some((state) => state !== 'in-place' && state !== 'edited')) return false;
  const recipe = recipeOf(id);
  const { seen } = await planTool(recipe, { gatewayUrl, model }, deps, entry);
  await connectTool(recipe, { gatewayUrl, model, seen }, deps, entry);
  return true;
}
