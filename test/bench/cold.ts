import { createHash } from 'node:crypto';
import SqliteDatabase from 'better-sqlite3';
import { chatOf } from './calls.ts';
import { median } from './measure.ts';

/**
 * `npm run bench:cold`: what the same small work takes right after itself, and after a pause, in one thread that nothing
 * else uses. It says how much of a figure for calls that come one at a time is the machine's: its caches, not the work.
 */
const samples = 400;
const names = Array.from({ length: 19 }, (_, index) => `c${index}`);

function openTable(): { read(): unknown; write(): unknown } {
  const sqlite = new SqliteDatabase(':memory:');
  sqlite.defaultSafeIntegers(true);
  sqlite.exec(`create table t (id text primary key, ${names.map((name) => `${name} text`).join(', ')}) without rowid`);
  const insert = sqlite.prepare(`insert into t values (?, ${names.map(() => '?').join(', ')})`);
  const select = sqlite.prepare(`select ${names.join(', ')} from t where id = ?`);
  let written = 0;
  const write = () => insert.run([String((written += 1)), ...names.map((name) => `${name} of ${written}`)]);
  for (let rows = 0; rows < 20_000; rows += 1) write();
  return { read: () => select.all(String(1 + ((written * 37) % 20_000))), write };
}

const { body } = chatOf(1);
const table = openTable();
const work: Readonly<Record<string, () => unknown>> = {
  'a row of 19 values read, SQLite': table.read,
  'one written': table.write,
  'JSON of 1 KB parsed': () => JSON.parse(body),
  'its SHA-256': () => createHash('sha256').update(body).digest('hex'),
};

function microsecondsOf(task: () => unknown): number {
  const before = process.hrtime.bigint();
  task();
  return Number(process.hrtime.bigint() - before) / 1000;
}

/** In the same thread, which is not interrupted. */
function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const pauses: Readonly<Record<string, () => void | Promise<void>>> = {
  'in a row': () => {},
  'after 1 ms of counting': () => spin(1),
  'after 5 ms of counting': () => spin(5),
  'after 5 ms asleep': () => new Promise((resolve) => setTimeout(resolve, 5)),
};

async function measure(task: () => unknown, pause: () => void | Promise<void>): Promise<number> {
  const times: number[] = [];
  while (times.length < samples) {
    await pause();
    times.push(microsecondsOf(task));
  }
  return median(times);
}

for (const task of Object.values(work)) for (let times = 0; times < 20_000; times += 1) task();
const rows: Record<string, string>[] = [];
for (const [name, task] of Object.entries(work)) {
  const row: Record<string, string> = { 'us, median': name };
  for (const [when, pause] of Object.entries(pauses)) row[when] = (await measure(task, pause)).toFixed(1);
  rows.push(row);
}
console.table(rows);
