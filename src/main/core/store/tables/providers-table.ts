import { z } from 'zod';
import { type ProxySetting, proxySettingSchema } from '#shared/domain/network.ts';
import { providerKeySchema, providerKindSchema, providerSchema } from '#shared/domain/provider.ts';
import { type ProviderId, providerIdSchema } from '#shared/ids.ts';
import { integer, optionalText, text } from '../database/columns.ts';
import { change, int, readAll, type ReadDb, type SqlRow, type WriteDb } from '../database/database.ts';
import type { ProviderKeyRecord, ProviderRecord, ProviderTest } from '../records.ts';

const dialectsSchema = providerSchema.shape.dialects;
const keysSchema = z.array(
  providerKeySchema.pick({ name: true, hint: true, priority: true, weight: true }).extend({ storedAtMs: z.int() }),
);
const modelsSchema = z.array(z.string());
const lastTestSchema = providerSchema.shape.lastTest;

/** Oldest first: the order in which they are preferred. */
export function listProviders(db: ReadDb): ProviderRecord[] {
  return readAll(db, 'SELECT * FROM providers ORDER BY created_at_ms, id').map(recordOf);
}

/** Returns false if there is one with this id already. */
export function insertProvider(db: WriteDb, provider: ProviderRecord): boolean {
  const inserted = change(
    db,
    `INSERT INTO providers (id, kind, dialects, base_url, is_local, keys, proxy, created_at_ms, models, last_test)
     VALUES ($id, $kind, $dialects, $baseUrl, $isLocal, $keys, $proxy, $createdAtMs, $models, $lastTest) ON CONFLICT DO NOTHING`,
    {
      ...provider,
      dialects: JSON.stringify(provider.dialects),
      keys: JSON.stringify(provider.keys),
      isLocal: provider.isLocal ? 1n : 0n,
      proxy: JSON.stringify(provider.proxy),
      createdAtMs: int(provider.createdAtMs),
      models: provider.models && JSON.stringify(provider.models),
      lastTest: provider.lastTest && JSON.stringify(provider.lastTest),
    },
  );
  return inserted > 0;
}

/** Returns false if there is none with this id. */
export function removeProvider(db: WriteDb, id: ProviderId): boolean {
  return change(db, 'DELETE FROM providers WHERE id = $id', { id }) > 0;
}

export function setProviderKeys(db: WriteDb, id: ProviderId, keys: readonly ProviderKeyRecord[]): void {
  change(db, 'UPDATE providers SET keys = $keys WHERE id = $id', { id, keys: JSON.stringify(keys) });
}

/** The login of the proxy is not part of it. */
export function setProviderProxy(db: WriteDb, id: ProviderId, proxy: ProxySetting): void {
  change(db, 'UPDATE providers SET proxy = $proxy WHERE id = $id', { id, proxy: JSON.stringify(proxy) });
}

export function setProviderTest(db: WriteDb, { id, models, lastTest }: ProviderTest): void {
  change(db, 'UPDATE providers SET models = coalesce($models, models), last_test = $lastTest WHERE id = $id', {
    id,
    models: models && JSON.stringify(models),
    lastTest: JSON.stringify(lastTest),
  });
}

export function setProviderModels(db: WriteDb, id: ProviderId, models: readonly string[]): void {
  change(db, 'UPDATE providers SET models = $models WHERE id = $id', { id, models: JSON.stringify(models) });
}

function recordOf(row: SqlRow): ProviderRecord {
  const models = optionalText(row, 'models');
  const lastTest = optionalText(row, 'last_test');
  return {
    id: providerIdSchema.parse(row['id']),
    kind: providerKindSchema.parse(row['kind']),
    dialects: dialectsSchema.parse(JSON.parse(text(row, 'dialects'))),
    baseUrl: text(row, 'base_url'),
    isLocal: integer(row, 'is_local') === 1,
    keys: keysSchema.parse(JSON.parse(text(row, 'keys'))),
    proxy: proxySettingSchema.parse(JSON.parse(text(row, 'proxy'))),
    createdAtMs: integer(row, 'created_at_ms'),
    models: models === null ? null : modelsSchema.parse(JSON.parse(models)),
    lastTest: lastTest === null ? null : lastTestSchema.parse(JSON.parse(lastTest)),
  };
}
