import type { StorageSize } from '#shared/contract/storage.ts';
import type { ReadDb } from '../database/database.ts';
import { oldestEnded } from '../requests/requests-table.ts';

/** Costs the same however large the file is. */
export function readSize(db: ReadDb): StorageSize {
  const pragma = (name: string): number => Number(db.pragma(name, { simple: true }));
  const pageBytes = pragma('page_size');
  const pages = pragma('page_count');
  return {
    fileBytes: pages * pageBytes,
    usedBytes: (pages - pragma('freelist_count')) * pageBytes,
    oldestRequestMs: oldestEnded(db)?.createdAtMs ?? null,
  };
}
