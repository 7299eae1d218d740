import { readFileSync, unlinkSync } from 'node:fs';
import { CorvusError } from '#shared/errors.ts';
import type { WriteDb } from '../database/database.ts';
import { journalFiles } from './journal.ts';
import { parseRecord } from '../requests/request-records.ts';
import { runWrites } from './run-batch.ts';

export interface Replayed {
  /** Records that the database has now. */
  replayed: number;
  /** Lines that could not be read: a power cut tears the last ones. */
  unreadable: number;
}

/**
 * Brings what earlier processes recorded into the database, then deletes their journal. Must run before this process
 * records anything. Throws `storage_unavailable` when the disk does not let it.
 */
export function replayJournal(db: WriteDb, databasePath: string): Replayed {
  const total: Replayed = { replayed: 0, unreadable: 0 };
  for (const path of journalFiles(databasePath)) {
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const records = lines.flatMap((line) => parseRecord(line) ?? []);
    const answer = runWrites(db, {}, { records, calls: [] });
    if ('trouble' in answer) throw new CorvusError('storage_unavailable', answer.trouble);
    unlinkSync(path);
    total.replayed += records.length - answer.refused.length;
    total.unreadable += lines.length - records.length + answer.refused.length;
  }
  return total;
}
