import type { Migration } from '#core/store/database/migrations/migration.ts';

const steps: readonly (readonly string[])[] = [
  ["ALTER TABLE settings ADD COLUMN scope TEXT NOT NULL DEFAULT 'app'", "UPDATE settings SET scope = 'old'"],
  [
    'CREATE TABLE more (a INTEGER PRIMARY KEY) STRICT',
    'INSERT INTO more SELECT rowid FROM settings',
    'DROP TABLE more',
  ],
];

/** What releases after this one might do; each statement says that it is reached. */
export const killableSteps: readonly Migration[] = steps.map((statements, step) => ({
  name: `000${step + 2}`,
  sql: statements.map((sql, index) => `SELECT reached(${step * 10 + index}); ${sql};`).join('\n'),
}));
export const statementNumbers: readonly number[] = steps.flatMap((statements, step) =>
  statements.map((_sql, index) => step * 10 + index),
);
