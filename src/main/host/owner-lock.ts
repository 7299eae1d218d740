import Database from 'better-sqlite3';
import { createPrivateFile, hasCode, refuseSymlink } from './atomic-file.ts';

/**
 * Takes the lock of a data folder, or null while another process holds it. It is SQLite's own file lock, held by an
 * open transaction: the operating system drops it when the process dies, however it dies, so there is no stale lock to
 * clear and no process id to mistake.
 */
export async function tryLock(path: string): Promise<(() => void) | null> {
  await refuseSymlink(path);
  await createPrivateFile(path, '');
  const database = new Database(path, { timeout: 0 });
  try {
    // Nothing is ever written, so no journal file is needed beside the lock.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN IMMEDIATE');
  } catch (error) {
    database.close();
    if (hasCode(error, 'SQLITE_BUSY')) return null;
    throw error;
  }
  return () => database.close();
}
