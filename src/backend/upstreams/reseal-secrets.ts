import { inTransaction } from '../database/in-transaction.ts';
import type { Db } from '../database/open-database.ts';
import { bumpPoolVersion, listCredentials, updateCredential } from './pool-store.ts';
import type { SecretSeal } from './secret-seal.ts';

/** Seals with the newest master key what an older one sealed. @returns how many were sealed anew */
export async function resealSecrets(db: Db, seal: SecretSeal, nowMs: number): Promise<number> {
  if ((await listCredentials(db)).every((row) => seal.isCurrent(row.master_key_id))) return 0;
  return inTransaction(db, async (tx) => {
    await bumpPoolVersion(tx);
    let count = 0;
    for (const row of await listCredentials(tx)) {
      if (seal.isCurrent(row.master_key_id)) continue;
      const owner = { id: row.id, pool: row.pool, name: row.name, baseUrl: row.base_url };
      const secret = seal.open({ sealedSecret: row.sealed_secret, masterKeyId: row.master_key_id }, owner);
      if (secret === null) continue;
      const { sealedSecret, masterKeyId } = seal.seal(secret, owner);
      await updateCredential(tx, row.id, { sealed_secret: sealedSecret, master_key_id: masterKeyId }, nowMs);
      count += 1;
    }
    return count;
  });
}
