import { integer, text } from '../database/columns.ts';
import { change, int, readAll, readOne, type ReadDb, type WriteDb } from '../database/database.ts';

/** What a model left with one of its turns, encrypted; the id reveals nothing of the turn. */
export interface SealedTurnState {
  id: string;
  sealed: string;
}

export function findTurnStates(db: ReadDb, ids: readonly string[]): SealedTurnState[] {
  const rows = readAll(db, 'SELECT id, sealed FROM turn_states WHERE id IN (SELECT value FROM json_each($ids))', {
    ids: JSON.stringify(ids),
  });
  return rows.map((row) => ({ id: text(row, 'id'), sealed: text(row, 'sealed') }));
}

/** Adds a state and deletes the oldest ones that are then beyond `mostCharacters`. */
export function keepTurnState(
  db: WriteDb,
  { id, sealed }: SealedTurnState,
  nowMs: number,
  mostCharacters: number,
): void {
  change(db, 'INSERT OR REPLACE INTO turn_states (id, created_at_ms, sealed) VALUES ($id, $nowMs, $sealed)', {
    id,
    nowMs: int(nowMs),
    sealed,
  });
  for (let total = totalCharacters(db); total > mostCharacters; total = totalCharacters(db)) {
    change(db, 'DELETE FROM turn_states WHERE id IN (SELECT id FROM turn_states ORDER BY created_at_ms LIMIT 16)');
  }
}

export function forgetTurnStates(db: WriteDb, ids: readonly string[]): void {
  change(db, 'DELETE FROM turn_states WHERE id IN (SELECT value FROM json_each($ids))', { ids: JSON.stringify(ids) });
}

export function deleteTurnStatesBefore(db: WriteDb, beforeMs: number): void {
  change(db, 'DELETE FROM turn_states WHERE created_at_ms < $beforeMs', { beforeMs: int(beforeMs) });
}

function totalCharacters(db: ReadDb): number {
  const row = readOne(db, 'SELECT coalesce(sum(octet_length(sealed)), 0) AS total FROM turn_states');
  return row ? integer(row, 'total') : 0;
}
