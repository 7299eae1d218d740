import type { StorageSize } from '#shared/contract/storage.ts';
import { optionalInteger } from './columns.ts';
import { readOne, type ReadDb } from './database.ts';

/** Costs the same however large the file is. */
export function readSize(db: ReadDb): StorageSize {
  const pragma = (name: string): number => Number(db.pragma(name, { simple: true }));
  const pageBytes = pragma('page_size');
  const pages = pragma('page_count');
  // What is still open is not deleted; counting it would keep all that came after it.
  const oldest = readOne(db, "SELECT created_at_ms AS at FROM requests WHERE status <> 'open' ORDER BY id LIMIT 1");
  return {
    fileBytes: pages * pageBytes,
    usedBytes: (pages - pragma('freelist_count')) * pageBytes,
    oldestRequestMs: oldest && optionalInteger(oldest, 'at'),
  };
}
