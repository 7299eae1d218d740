import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '#core/store/database/migrate.ts';
import { first } from '#core/store/database/migrations/0001-first.ts';
import { temporaryFolder } from '../../support/store-fixture.ts';
import { killableSteps, statementNumbers } from './killable-steps.ts';

const rounds = 20;
const settings = Array.from({ length: 200 }, (_, number) => ({ name: `setting-${number}`, value: String(number) }));

function oldFile(): string {
  const folder = temporaryFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'corvusllm.db');
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  migrate(db, [first]);
  const add = db.prepare('INSERT INTO settings VALUES (@name, @value)');
  for (const setting of settings) add.run(setting);
  db.close();
  return path;
}

const script = fileURLToPath(new URL('./migration-child.ts', import.meta.url));

async function runKilled(path: string, statement: number): Promise<void> {
  const child = spawn(process.execPath, [script, path, String(statement)], { stdio: 'ignore' });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
}

const read = (db: Database.Database) => db.prepare('SELECT name, value FROM settings ORDER BY rowid').all();
const copiesOf = (path: string) =>
  readdirSync(dirname(path)).filter((file) => file.startsWith(`${basename(path)}.schema-`));

test.each(statementNumbers)(
  'killed again and again before statement %i, a migration is copied first and then all or nothing (E113)',
  async (statement) => {
    const path = oldFile();
    for (let round = 0; round < rounds; round += 1) await runKilled(path, statement);
    const db = new Database(path);
    onTestFinished(() => void db.close());
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.pragma('user_version', { simple: true })).toBe(1);
    expect(read(db)).toEqual(settings);
    const copies = copiesOf(path);
    expect(copies.length).toBe(rounds);
    for (const name of copies) {
      const copy = new Database(join(dirname(path), name), { readonly: true });
      expect([name.endsWith('.part'), copy.pragma('user_version', { simple: true }), read(copy)]).toEqual([
        false,
        1,
        settings,
      ]);
      copy.close();
    }
    db.function('reached', { varargs: true }, () => 0);
    migrate(db, [first, ...killableSteps]);
    expect(db.pragma('user_version', { simple: true })).toBe(3);
    expect(read(db)).toEqual(settings);
    // The program of before refuses it, and changes nothing.
    expect(() => migrate(db, [first])).toThrow('written by a newer Corvus (schema 3, this program knows 1)');
    expect(read(db)).toEqual(settings);
  },
  120_000,
);
