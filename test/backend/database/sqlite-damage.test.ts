import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSqlite } from '#backend/database/open-sqlite.ts';
import { verify } from '#backend/verify/run-verify.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { chat, startTestBackend } from '../../support/start-test-backend.ts';
import { adminToken } from '../away/every-route.ts';

interface Files {
  db: Buffer;
  wal: Buffer | null;
  shm: Buffer | null;
}

let folder: string;
let image: string;
/** The files of a stopped service, and those of a killed one. */
let stopped: Files;
let killed: Files;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corvus-damage-'));
  image = join(folder, 'image.db');
  const place = join(folder, 'live.db');
  const service = await startTestBackend({ database: place });
  for (let count = 0; count < 12; count += 1)
    await (await service.call('/v1/chat/completions', { body: chat(`#echo tokens ${count}`) })).text();
  killed = read(place);
  await service[Symbol.asyncDispose]();
  stopped = read(place);
  expect(killed.wal?.length).toBeGreaterThan(100_000);
  expect(stopped.wal).toBeNull();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => write(stopped));

function read(path: string): Files {
  const part = (suffix: string): Buffer | null => (existsSync(path + suffix) ? readFileSync(path + suffix) : null);
  return { db: readFileSync(path), wal: part('-wal'), shm: part('-shm') };
}

function write({ db, wal, shm }: Files): void {
  writeFileSync(image, db);
  for (const [suffix, part] of [
    ['-wal', wal],
    ['-shm', shm],
  ] as const) {
    rmSync(image + suffix, { force: true });
    if (part) writeFileSync(image + suffix, part);
  }
}

const money = [
  'select * from ledger_accounts',
  'select * from ledger_transfers',
  'select * from statement_lines',
  'select * from orders',
  // When a hold that has ended was made, and by which instance, moves nothing.
  'select request_id, account_id, amount, status from holds',
];

function moneyOf(path: string): string {
  const sqlite = new SqliteDatabase(path, { readonly: true });
  try {
    sqlite.defaultSafeIntegers(true);
    return JSON.stringify(
      money.map((query) => sqlite.prepare(`${query} order by 1, 2`).all()),
      (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value),
    );
  } finally {
    sqlite.close();
  }
}

/** Starts on the image as the service does. @returns the sentence of its refusal; null: it starts */
async function refusal(): Promise<{ sentence: string | null; faults: string[] }> {
  try {
    const db = openSqlite(image);
    const faults = await verifyLedger(db, () => true);
    await db.destroy();
    return { sentence: null, faults };
  } catch (error) {
    return { sentence: String(error), faults: [] };
  }
}

describe('a damaged database is not started on, and the sentence says which file it is and what to do (F21, E110)', () => {
  const pageBytes = 4096;
  test.each<[string, () => void, RegExp]>([
    ['the file is empty while the log holds data', () => write({ ...killed, db: Buffer.alloc(0) }), /empty or gone/],
    ['the file is gone while the log holds data', () => (write(killed), rmSync(image)), /empty or gone/],
    [
      'it is no database',
      () => writeFileSync(image, 'Dear diary, '.repeat(1000)),
      /does not begin as a SQLite database/,
    ],
    ['it is shorter than a header', () => truncateSync(image, 50), /does not begin/],
    [
      'half of it is missing',
      () => truncateSync(image, Math.floor(stopped.db.length / 2 / pageBytes) * pageBytes),
      /damaged/,
    ],
    ['the last page is cut', () => truncateSync(image, stopped.db.length - 1000), /damaged/],
    [
      'its first page is zeros',
      () => writeFileSync(image, Buffer.concat([Buffer.alloc(pageBytes), stopped.db.subarray(pageBytes)])),
      /does not begin/,
    ],
    [
      'the log is broken in its middle',
      () => write({ ...killed, shm: null, wal: flipped(killed.wal, 60_000) }),
      /broken before its end/,
    ],
    [
      'the log is broken near its end',
      () => write({ ...killed, wal: flipped(killed.wal, (killed.wal?.length ?? 0) - 3000) }),
      /of \d+ pages/,
    ],
    ['the log is cut', () => write({ ...killed, wal: killed.wal?.subarray(0, 50_000) ?? null }), /of \d+ pages/],
    [
      'the header of the log is broken',
      () => write({ ...killed, shm: null, wal: flipped(killed.wal, 18) }),
      /header of its log/,
    ],
    ['a table is missing', () => change('drop table key_windows'), /the table key_windows is missing/],
    [
      'a column is missing',
      () => change('alter table customer_keys rename column label to title'),
      /has no column label/,
    ],
    [
      'what keeps the past from being changed is missing',
      () => change('drop trigger billing_documents_no_update'),
      /billing_documents_no_update is missing/,
    ],
    ['an index does not fit its table', breakIndex, /damaged/],
  ])('%s', async (_, damage, finding) => {
    damage();
    const { sentence } = await refusal();
    expect(sentence).toMatch(finding);
    expect(sentence).toContain(image);
    expect(sentence).toContain('newest backup');
    await expect(verify(image, () => undefined)).rejects.toThrow(image);
  });

  test.each<[string, () => void]>([
    ['another program’s', () => (rmSync(image), new SqliteDatabase(image).exec('create table notes (text)').close())],
    ['marked as another program’s', () => change('pragma application_id = 1234')],
  ])('a database that is %s is left alone', async (_, make) => {
    make();
    const before = readFileSync(image);
    expect((await refusal()).sentence).toContain('another program');
    expect(readFileSync(image).equals(before)).toBe(true);
  });

  test('the files of a killed service are not damaged', async () => {
    write(killed);
    expect(await refusal()).toEqual({ sentence: null, faults: [] });
  });
});

test('each of 300 random damages is refused with a reason, leaves the money unchanged, or is named by verify (F21)', async () => {
  const page = 4096;
  write(stopped);
  const before = moneyOf(image);
  const place = fc.nat({ max: 2 ** 30 });
  const flips = fc.array(place, { minLength: 1, maxLength: 8 });
  const damage = fc.oneof(
    flips.map((places) => ['flip', places] as const),
    flips.map((places) => ['header', places] as const),
    flips.map((places) => ['log', places] as const),
    place.map((at) => ['zero', [at]] as const),
    fc.tuple(place, place).map((both) => ['swap', both] as const),
    place.map((at) => ['cut', [at]] as const),
  );
  await fc.assert(
    fc.asyncProperty(damage, async ([kind, places]) => {
      const db = Buffer.from(kind === 'log' ? killed.db : stopped.db);
      const wal = kind === 'log' && killed.wal ? Buffer.from(killed.wal) : null;
      const pages = Math.floor(db.length / page);
      const pageAt = (index: number) => db.subarray((index % pages) * page, ((index % pages) + 1) * page);
      if (kind === 'flip') for (const at of places) flip(db, at, 1 << (at % 8));
      if (kind === 'header') for (const at of places) flip(db, at % 100, 0xff);
      if (kind === 'log' && wal) for (const at of places) flip(wal, at, 0xff);
      if (kind === 'zero') pageAt(places[0] ?? 0).fill(0);
      if (kind === 'swap') {
        const [one, other] = [pageAt(places[0] ?? 0), pageAt(places[1] ?? 0)];
        const stored = Buffer.from(one);
        other.copy(one);
        stored.copy(other);
      }
      write({
        db: kind === 'cut' ? db.subarray(0, (places[0] ?? 0) % db.length) : db,
        wal,
        shm: kind === 'log' ? killed.shm : null,
      });
      const { sentence, faults } = await refusal();
      if (sentence !== null) expect(sentence).toMatch(/image\.db|Start the newer program/);
      else if (faults.length === 0 && existsSync(image) && db.length > 0) expect(moneyOf(image)).toBe(before);
    }),
    { numRuns: 300, seed: 21 },
  );
}, 120_000);

test('verify names what is damaged in a database in use, and never fails (F21)', async () => {
  cpSync(image, join(folder, 'used.db'));
  const place = join(folder, 'used.db');
  await using service = await startTestBackend({ database: place, adminToken });
  const sqlite = new SqliteDatabase(place, { readonly: true });
  const { page } = sqlite
    .prepare<[], { page: number }>("select rootpage as page from sqlite_schema where name = 'requests'")
    .get() ?? {
    page: 0,
  };
  sqlite.close();
  const bytes = readFileSync(place);
  bytes.fill(0xee, (page - 1) * 4096, page * 4096);
  writeFileSync(place, bytes);
  const reply = await fetch(`${service.baseUrl}/admin/api/verify`, {
    headers: { authorization: `Bearer ${adminToken}` },
  });
  expect(reply.status).toBe(200);
  expect(JSON.stringify(await reply.json())).toContain('The database is damaged');
});

function flip(bytes: Buffer, place: number, bits: number): void {
  const at = place % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ bits;
}

function flipped(file: Buffer | null, at: number): Buffer {
  const copy = Buffer.from(file ?? []);
  flip(copy, at, 0xff);
  return copy;
}

function change(statement: string): void {
  const sqlite = new SqliteDatabase(image);
  sqlite.exec(statement);
  sqlite.close();
}

/** Gives an index the empty pages of another, as a fault of a disk or of a program could. */
function breakIndex(): void {
  const sqlite = new SqliteDatabase(image);
  sqlite.unsafeMode();
  sqlite.exec('create index empty on ledger_transfers (id) where 0');
  sqlite.pragma('writable_schema = on');
  sqlite.exec(
    `update sqlite_schema set rootpage = (select sum(rootpage) from sqlite_schema where name in ('empty', 'ledger_transfers_by_chain')) - rootpage
     where name in ('empty', 'ledger_transfers_by_chain')`,
  );
  sqlite.close();
}
