import { integer, text } from './columns.ts';
import { readOne, type ReadDb } from './database.ts';

/**
 * The oldest request that has ended. One that is still open is not deleted, so it says nothing of what came after it.
 * Costs the same however many there are.
 */
export function oldestEnded(db: ReadDb): { id: string; createdAtMs: number } | null {
  const row = readOne(db, "SELECT id, created_at_ms FROM requests WHERE status <> 'open' ORDER BY id LIMIT 1");
  return row && { id: text(row, 'id'), createdAtMs: integer(row, 'created_at_ms') };
}
