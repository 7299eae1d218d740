import { optionalText } from '../database/columns.ts';
import { change, readOne, type ReadDb, type WriteDb } from '../database/database.ts';

/** JSON text, which the caller parses with its own schema; null when it was never written. */
export function readSetting(db: ReadDb, name: string): string | null {
  const row = readOne(db, 'SELECT value FROM settings WHERE name = $name', { name });
  return row && optionalText(row, 'value');
}

export function writeSetting(db: WriteDb, name: string, value: string): void {
  change(
    db,
    'INSERT INTO settings (name, value) VALUES ($name, $value) ON CONFLICT DO UPDATE SET value = excluded.value',
    { name, value },
  );
}
