import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** A secret as it is stored. */
export interface SealedSecret {
  sealedSecret: string;
  masterKeyId: string;
}

/** What a sealed secret is bound to: moved to another row, or with another address, it does not open. */
export interface SealedFor {
  id: string;
  pool: string;
  name: string;
  baseUrl: string;
}

/** Seals secrets with the first master key; opens those of all. */
export interface SecretSeal {
  seal(secret: string, owner: SealedFor): SealedSecret;
  /** Null: no known key opens it, or it was altered. */
  open(sealed: SealedSecret, owner: SealedFor): string | null;
  isCurrent(masterKeyId: string): boolean;
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** @param masterKeys 32 bytes each; the first seals */
export function createSecretSeal(masterKeys: readonly Buffer[]): SecretSeal {
  const keys = masterKeys.map((key) => ({ key, id: fingerprint(key) }));
  const [current] = keys;
  if (current === undefined) throw new Error('A seal needs a master key.');

  return {
    seal(secret, owner) {
      const nonce = randomBytes(nonceBytes);
      const sealing = createCipheriv(cipher, current.key, nonce, { authTagLength: tagBytes }).setAAD(bound(owner));
      const sealed = Buffer.concat([nonce, sealing.update(secret, 'utf8'), sealing.final()]);
      return {
        sealedSecret: Buffer.concat([sealed, sealing.getAuthTag()]).toString('base64'),
        masterKeyId: current.id,
      };
    },
    open({ sealedSecret, masterKeyId }, owner) {
      const key = keys.find(({ id }) => id === masterKeyId)?.key;
      const bytes = Buffer.from(sealedSecret, 'base64');
      if (key === undefined || bytes.length < nonceBytes + tagBytes) return null;
      const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
      opening.setAAD(bound(owner)).setAuthTag(bytes.subarray(-tagBytes));
      try {
        return Buffer.concat([opening.update(bytes.subarray(nonceBytes, -tagBytes)), opening.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
    isCurrent: (masterKeyId) => masterKeyId === current.id,
  };
}

/** As JSON, so that no two owners have the same text. */
function bound({ id, pool, name, baseUrl }: SealedFor): Buffer {
  return Buffer.from(JSON.stringify(['pool-credential', id, pool, name, baseUrl]));
}

function fingerprint(key: Buffer): string {
  return createHash('sha256').update('corvus master key').update(key).digest('hex').slice(0, 16);
}
