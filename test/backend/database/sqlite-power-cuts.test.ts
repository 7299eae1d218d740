import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '#backend/database/open-database.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { parseUsd } from '#shared/money.ts';
import { chat, startTestBackend } from '../../support/start-test-backend.ts';

/** What the service acknowledged, and how long its write-ahead log was then: that much of it was on the disk. */
interface Promised {
  requestId: string;
  cost: bigint;
  logBytes: number;
}

const pageBytes = 4096;
const sectorBytes = 512;
const requests = 14;
const promised: Promised[] = [];
/** The file before and after a checkpoint, with the log of both. */
let before: Buffer;
let after: Buffer;
let log: Buffer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corvus-power-'));
  const place = join(folder, 'live.db');
  await using service = await startTestBackend({ database: place });
  const { default: SqliteDatabase } = await import('better-sqlite3');
  const shell = new SqliteDatabase(place);
  // From an empty log on: as long as it only grows, its beginning is what was on the disk at any earlier time.
  shell.pragma('wal_checkpoint(truncate)');
  await service.call('/v1/account/keys', { body: { label: 'first of the new log' } });
  before = readFileSync(place);
  for (let count = 0; count < requests; count += 1) {
    const reply = await service.call('/v1/chat/completions', { body: chat(`#echo tokens ${count}`) });
    await reply.text();
    const requestId = reply.headers.get('x-corvus-request-id') ?? '';
    promised.push({
      requestId,
      cost: parseUsd(reply.headers.get('x-corvus-cost-usd') ?? '') ?? -1n,
      logBytes: statSync(`${place}-wal`).size,
    });
  }
  log = readFileSync(`${place}-wal`);
  expect(readFileSync(place).equals(before)).toBe(true);
  shell.pragma('wal_checkpoint(passive)');
  after = readFileSync(place);
  expect(after.equals(before)).toBe(false);
  shell.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts on what a power cut left, as the service would. */
async function expectStored(file: Buffer, wal: Buffer, stored: readonly Promised[]): Promise<void> {
  const image = join(folder, 'image.db');
  writeFileSync(image, file);
  writeFileSync(`${image}-wal`, wal);
  rmSync(`${image}-shm`, { force: true });
  const db = await openDatabase(image);
  try {
    const rows = await db.selectFrom('requests').select(['id', 'status', 'cost']).execute();
    const found = new Map(rows.map((row) => [row.id, row]));
    for (const { requestId, cost } of stored) expect(found.get(requestId)).toMatchObject({ status: 'settled', cost });
    expect((await sql`pragma integrity_check`.execute(db)).rows).toEqual([{ integrity_check: 'ok' }]);
    expect(await verifyLedger(db, () => true)).toEqual([]);
  } finally {
    await db.destroy();
  }
}

const moment = fc.nat({ max: requests - 1 });
const seed = fc.noShrink(fc.nat());

test('a power cut during a write: what was answered before is there, and the ledger is right, whatever else reached the disk (D56)', async () => {
  expect(promised.every(({ cost }) => cost > 0n)).toBe(true);
  await fc.assert(
    fc.asyncProperty(moment, fc.nat(), seed, async (last, cut, lost) => {
      const safe = promised[last]?.logBytes ?? 0;
      const torn = Buffer.from(log.subarray(0, safe + (cut % (log.length - safe + 1))));
      // The disk writes sectors in any order: of those after the last sync, some are there and some are not.
      for (let start = safe; start < torn.length; start += sectorBytes) {
        if (isLost(start, lost)) torn.fill(0, start, Math.min(start + sectorBytes, torn.length));
      }
      await expectStored(before, torn, promised.slice(0, last + 1));
    }),
    { numRuns: 40 },
  );
});

test('a power cut during a checkpoint: some pages are new and some old, and the log has them all (D56)', async () => {
  await fc.assert(
    fc.asyncProperty(seed, async (lost) => {
      const mixed = Buffer.from(after);
      for (let start = 0; start < before.length; start += pageBytes) {
        if (isLost(start, lost)) before.copy(mixed, start, start, start + pageBytes);
      }
      await expectStored(mixed, log, promised);
    }),
    { numRuns: 15 },
  );
});

/** A pseudo-random bit for each place, the same one each time. */
function isLost(place: number, coins: number): boolean {
  return (Math.imul(place + coins, 0x9e3779b1) >>> 28) % 2 === 0;
}
