import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

/** Writes the rows of the bare pipe, a batch per transaction. Says when the database is open. */
const database = new Database(String(workerData));
database.pragma('journal_mode = WAL');
database.exec(
  'create table if not exists requests (id text primary key, at integer, key text, model text, usage text)',
);
const insert = database.prepare('insert into requests values (@id, @at, @key, @model, @usage)');
const writeAll = database.transaction((rows: readonly object[]) => {
  for (const row of rows) insert.run(row);
});
parentPort?.on('message', (rows: readonly object[]) => writeAll(rows));
parentPort?.postMessage('open');
