import { localKeyRouteSchema } from '#shared/domain/local-key.ts';
import { type LocalKeyId, localKeyIdSchema } from '#shared/ids.ts';
import { integer, optionalInteger, text } from './columns.ts';
import { change, int, readAll, type ReadDb, type SqlRow, type WriteDb } from './database.ts';
import type { LocalKeyRecord } from './records.ts';

export function listLocalKeys(db: ReadDb): LocalKeyRecord[] {
  return readAll(db, 'SELECT * FROM local_keys ORDER BY created_at_ms DESC, id DESC').map(recordOf);
}

export function insertLocalKey(db: WriteDb, key: LocalKeyRecord): void {
  change(
    db,
    `INSERT INTO local_keys (id, label, hint, secret_hash, route, created_at_ms, last_used_at_ms, revoked_at_ms)
     VALUES ($id, $label, $hint, $secretHash, $route, $createdAtMs, $lastUsedAtMs, $revokedAtMs)`,
    { ...key, createdAtMs: int(key.createdAtMs), lastUsedAtMs: int(key.lastUsedAtMs), revokedAtMs: int(key.revokedAtMs) },
  );
}

/** The first revocation counts. Returns the key, or null when there is none with this id. */
export function revokeLocalKey(db: WriteDb, { id, atMs }: { id: LocalKeyId; atMs: number }): LocalKeyRecord | null {
  change(db, 'UPDATE local_keys SET revoked_at_ms = coalesce(revoked_at_ms, $atMs) WHERE id = $id', { id, atMs: int(atMs) });
  const [row] = readAll(db, 'SELECT * FROM local_keys WHERE id = $id', { id });
  return row ? recordOf(row) : null;
}

function recordOf(row: SqlRow): LocalKeyRecord {
  return {
    id: localKeyIdSchema.parse(row['id']),
    label: text(row, 'label'),
    hint: text(row, 'hint'),
    secretHash: text(row, 'secret_hash'),
    route: localKeyRouteSchema.parse(row['route']),
    createdAtMs: integer(row, 'created_at_ms'),
    lastUsedAtMs: optionalInteger(row, 'last_used_at_ms'),
    revokedAtMs: optionalInteger(row, 'revoked_at_ms'),
  };
}
