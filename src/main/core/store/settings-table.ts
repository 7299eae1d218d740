import { optionalText } from './columns.ts';
import { change, readOne, type ReadDb, type WriteDb } from './database.ts';

/** One named JSON text; whoever reads it knows its schema. */
export function readSetting(db: ReadDb, name: string): string | null {
  const row = readOne(db, 'SELECT value FROM settings WHERE name = $name', { name });
  return row && optionalText(row, 'value');
}

export function writeSetting(db: WriteDb, { name, value }: { name: string; value: string }): void {
  change(db, 'INSERT INTO settings (name, value) VALUES ($name, $value) ON CONFLICT DO UPDATE SET value = excluded.value', { name, value });
}
