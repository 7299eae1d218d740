import { type LocalKeyLimits, localKeyLimitsSchema, localKeyRouteSchema, noLimits } from '#shared/domain/local-key.ts';
import { type LocalKeyId, localKeyIdSchema } from '#shared/ids.ts';
import { integer, optionalInteger, optionalText, text } from '../database/columns.ts';
import { change, int, readAll, type ReadDb, type SqlRow, type WriteDb } from '../database/database.ts';
import type { LocalKeyRecord } from '../records.ts';

export function listLocalKeys(db: ReadDb): LocalKeyRecord[] {
  return readAll(db, 'SELECT * FROM local_keys ORDER BY created_at_ms DESC, id DESC').map(recordOf);
}

export function insertLocalKey(db: WriteDb, key: LocalKeyRecord): void {
  change(
    db,
    `INSERT INTO local_keys (id, label, hint, secret_hash, route, limits, steadies_attribution, created_at_ms, last_used_at_ms, revoked_at_ms)
     VALUES ($id, $label, $hint, $secretHash, $route, $limits, $steadiesAttribution, $createdAtMs, $lastUsedAtMs, $revokedAtMs)`,
    {
      ...key,
      limits: JSON.stringify(key.limits),
      steadiesAttribution: key.steadiesAttribution ? 1n : 0n,
      createdAtMs: int(key.createdAtMs),
      lastUsedAtMs: int(key.lastUsedAtMs),
      revokedAtMs: int(key.revokedAtMs),
    },
  );
}

/** The first revocation counts. Returns the key, or null when there is none with this id. */
export function revokeLocalKey(db: WriteDb, id: LocalKeyId, atMs: number): LocalKeyRecord | null {
  change(db, 'UPDATE local_keys SET revoked_at_ms = coalesce(revoked_at_ms, $atMs) WHERE id = $id', {
    id,
    atMs: int(atMs),
  });
  return readLocalKey(db, id);
}

/** Returns the key, or null when there is none with this id. */
export function limitLocalKey(db: WriteDb, id: LocalKeyId, limits: LocalKeyLimits): LocalKeyRecord | null {
  change(db, 'UPDATE local_keys SET limits = $limits WHERE id = $id', { id, limits: JSON.stringify(limits) });
  return readLocalKey(db, id);
}

/** Returns the key, or null when there is none with this id. */
export function steadyLocalKey(db: WriteDb, id: LocalKeyId, isSteady: boolean): LocalKeyRecord | null {
  change(db, 'UPDATE local_keys SET steadies_attribution = $isSteady WHERE id = $id', {
    id,
    isSteady: isSteady ? 1n : 0n,
  });
  return readLocalKey(db, id);
}

function readLocalKey(db: ReadDb, id: LocalKeyId): LocalKeyRecord | null {
  const [row] = readAll(db, 'SELECT * FROM local_keys WHERE id = $id', { id });
  return row ? recordOf(row) : null;
}

function recordOf(row: SqlRow): LocalKeyRecord {
  const limits = optionalText(row, 'limits');
  return {
    id: localKeyIdSchema.parse(row['id']),
    label: text(row, 'label'),
    hint: text(row, 'hint'),
    secretHash: text(row, 'secret_hash'),
    route: localKeyRouteSchema.parse(row['route']),
    limits: limits === null ? noLimits : localKeyLimitsSchema.parse(JSON.parse(limits)),
    steadiesAttribution: integer(row, 'steadies_attribution') === 1,
    createdAtMs: integer(row, 'created_at_ms'),
    lastUsedAtMs: optionalInteger(row, 'last_used_at_ms'),
    revokedAtMs: optionalInteger(row, 'revoked_at_ms'),
  };
}
