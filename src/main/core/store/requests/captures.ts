import { closeSync, lstatSync, openSync, rmSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import type { Capture, CaptureSize } from '#shared/contract/captures.ts';
import { maskOf } from '#proxy/reply/credential-mask.ts';
import { redactText } from '#shared/redact.ts';
import { integer, optionalText } from '../database/columns.ts';
import { int, readAll, readOne, type SqlRow, type WriteDb } from '../database/database.ts';
import { isDamage } from '../database/open-database.ts';

/** The bodies of one call, as far as they are kept. */
export interface CapturedCall {
  id: string;
  createdAtMs: number;
  request: CapturedBody;
  response: CapturedBody;
}

export interface CapturedBody {
  /** From its beginning. */
  content: Uint8Array;
  /** Of the whole body. */
  bytes: number;
}

export interface CaptureLimits {
  mostBytes: number;
  oldestMs: number;
}

const schema = `
CREATE TABLE IF NOT EXISTS captures (
  id TEXT NOT NULL PRIMARY KEY,
  created_at_ms INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  request TEXT,
  request_bytes INTEGER NOT NULL,
  is_request_cut INTEGER NOT NULL,
  response TEXT,
  response_bytes INTEGER NOT NULL,
  is_response_cut INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS captures_by_age ON captures (created_at_ms, id, bytes);
`;

/** A file of its own beside the database: bodies are in no backup, and the file is not there before the first one. */
export function capturesPath(databasePath: string): string {
  return databasePath.replace(/(\.db)?$/, '.captures.db');
}

/** Opens or creates the file. A damaged one is deleted: nothing depends on bodies. */
export function openCaptures(path: string): WriteDb {
  try {
    return open(path);
  } catch (error) {
    if (!isDamage(error)) throw error;
    for (const suffix of ['', '-journal']) rmSync(path + suffix, { force: true });
    return open(path);
  }
}

function open(path: string): WriteDb {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isSymbolicLink()) throw new Error(`${path} is a symbolic link, so no bodies are kept.`);
  if (!there) closeSync(openSync(path, 'wx', 0o600));
  const db = new SqliteDatabase(path);
  try {
    db.defaultSafeIntegers(true);
    // What is deleted is overwritten.
    db.pragma('secure_delete = ON');
    db.pragma('auto_vacuum = INCREMENTAL');
    db.exec(schema);
    return db as WriteDb;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Stores the bodies of a call without credentials, and deletes the oldest that are beyond the limits. */
function keep(db: WriteDb, call: CapturedCall, limits: CaptureLimits, secrets: readonly string[]): void {
  const [request, response] = [readable(call.request, secrets), readable(call.response, secrets)];
  db.transaction(() => {
    db.prepare(
      `INSERT INTO captures VALUES ($id, $at, $bytes, $request, $requestBytes, $isRequestCut, $response, $responseBytes, $isResponseCut)
       ON CONFLICT DO NOTHING`,
    ).run({
      id: call.id,
      at: int(call.createdAtMs),
      bytes: int(Buffer.byteLength(request ?? '') + Buffer.byteLength(response ?? '')),
      request,
      requestBytes: int(call.request.bytes),
      isRequestCut: isCut(call.request),
      response,
      responseBytes: int(call.response.bytes),
      isResponseCut: isCut(call.response),
    });
    trim(db, limits);
  })();
}

/** Deletes what is older than the limit, and the oldest until the rest is no larger. */
function trim(db: WriteDb, { mostBytes, oldestMs }: CaptureLimits): void {
  db.prepare('DELETE FROM captures WHERE created_at_ms < $oldestMs').run({ oldestMs: int(oldestMs) });
  let excess = size(db).bytes - mostBytes;
  if (excess > 0) {
    for (const row of readAll(db, 'SELECT id, bytes FROM captures ORDER BY created_at_ms, id')) {
      if (excess <= 0) break;
      remove(db, String(row['id']));
      excess -= integer(row, 'bytes');
    }
  }
  db.pragma('incremental_vacuum');
}

function get(db: WriteDb, id: string): Capture | null {
  const row = readOne(db, 'SELECT * FROM captures WHERE id = $id', { id });
  return row && { request: bodyOf(row, 'request'), response: bodyOf(row, 'response') };
}

function bodyOf(row: SqlRow, name: 'request' | 'response'): Capture['request'] {
  return {
    text: optionalText(row, name),
    bytes: integer(row, `${name}_bytes`),
    isCut: integer(row, `is_${name}_cut`) === 1,
  };
}

function size(db: WriteDb): CaptureSize {
  const row = readOne(db, 'SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes FROM captures');
  return { count: row ? integer(row, 'count') : 0, bytes: row ? integer(row, 'bytes') : 0 };
}

function remove(db: WriteDb, id: string): void {
  db.prepare('DELETE FROM captures WHERE id = $id').run({ id });
}

function clear(db: WriteDb): void {
  db.exec('DELETE FROM captures');
  db.pragma('incremental_vacuum');
}

function isCut({ content, bytes }: CapturedBody): bigint {
  return content.byteLength < bytes ? 1n : 0n;
}

/** As text without credentials; null: it is no text. */
function readable(body: CapturedBody, secrets: readonly string[]): string | null {
  const text = textOf(maskedPart(body, secrets), isCut(body) === 1n);
  return text === null ? null : redactText(text);
}

/** Of a body that is cut, an ending that may be the beginning of a credential is left out. */
function maskedPart(body: CapturedBody, secrets: readonly string[]): Uint8Array {
  const stream = maskOf(secrets)?.stream();
  if (!stream) return body.content;
  const begun = stream.push(Buffer.from(body.content));
  return isCut(body) === 1n ? begun : Buffer.concat([begun, stream.flush()]);
}

function textOf(content: Uint8Array, isPart: boolean): string | null {
  try {
    // A cut may have parted a character, which is left out.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content, { stream: isPart });
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

/** Run by a thread of its own, which begins at the first of them. */
export const captureOperations = {
  'captures.keep': keep,
  'captures.trim': trim,
  'captures.get': get,
  'captures.size': size,
  'captures.remove': remove,
  'captures.clear': clear,
};
