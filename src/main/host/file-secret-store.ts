import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { chmod, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '#shared/ports.ts';
import type { SecretStore } from '#core/ports.ts';
import { CorvusError } from '#shared/errors.ts';
import { readPrivateFile, writePrivateFile } from './atomic-file.ts';

const keySourceSchema = z.enum(['passphrase', 'key-file']);
type KeySource = z.infer<typeof keySourceSchema>;

const entrySchema = z.strictObject({ key: keySourceSchema, iv: z.string(), tag: z.string(), data: z.string() });
type Entry = z.infer<typeof entrySchema>;

const vaultSchema = z.strictObject({
  version: z.literal(1),
  /** For the passphrase; base64. */
  salt: z.string(),
  entries: z.record(z.string(), entrySchema),
});
type Vault = z.infer<typeof vaultSchema>;

const cipher = 'aes-256-gcm';
const keyBytes = 32;
// 2^15 x 8 x 128 = 32 MiB: about a tenth of a second on a slow machine, once per start.
const scryptCost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

export interface FileSecretStoreOptions {
  home: string;
  /** CORVUSLLM_PASSPHRASE; without it the key is stored in a file beside the vault. */
  passphrase: string | undefined;
  logger: Logger;
}

/** Keys in `vault.json`, encrypted; for machines and modes without a system keychain. */
export function fileSecretStore(options: FileSecretStoreOptions): SecretStore {
  const vaultPath = join(options.home, 'vault.json');
  const keys = keyRing(options);
  const source: KeySource = options.passphrase ? 'passphrase' : 'key-file';
  const inTurn = serialiser();

  async function save(vault: Vault, name: string, secret: string): Promise<void> {
    const entry = encrypt(await keys.forWriting(source, vault.salt), source, name, secret);
    await writeVault(vaultPath, { ...vault, entries: { ...vault.entries, [name]: entry } });
  }

  return {
    description:
      source === 'passphrase'
        ? 'Encrypted file; its key comes from CORVUSLLM_PASSPHRASE'
        : 'Encrypted file; its key is a file beside it that only this user can read',
    read: (name) =>
      inTurn(async () => {
        const vault = await readVault(vaultPath);
        const entry = vault.entries[name];
        if (!Object.hasOwn(vault.entries, name) || !entry) return null;
        const secret = decrypt(await keys.forReading(entry.key, vault.salt), name, entry);
        // A passphrase that is set later also protects what was stored before.
        if (entry.key !== source) await save(vault, name, secret);
        return secret;
      }),
    warning: () => (keys.wasExposed() ? exposedSentence : null),
    write: (name, secret) =>
      inTurn(async () => save(await readVaultForWriting(vaultPath, options.logger), name, secret)),
    remove: (name) =>
      inTurn(async () => {
        const vault = await readVaultForWriting(vaultPath, options.logger);
        if (!Object.hasOwn(vault.entries, name)) return;
        const { [name]: _removed, ...entries } = vault.entries;
        await writeVault(vaultPath, { ...vault, entries });
      }),
  };
}

/** Runs tasks one after the other, whether or not the previous one failed. */
function serialiser(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const next = last.then(task, task);
    last = next.catch(() => undefined);
    return next;
  };
}

interface KeyRing {
  forReading(source: KeySource, salt: string): Promise<Buffer>;
  /** Creates the key file when there is no valid one. */
  forWriting(source: KeySource, salt: string): Promise<Buffer>;
  /** Others could read the key file before it was read here. */
  wasExposed(): boolean;
}

/** Another key for the vault would not help: who has copied both files has the secrets in it. */
const exposedSentence =
  'Other users of this machine could read the file that protects them. It is closed now. Make new keys at the providers, and enter them under Providers.';

function keyRing({ home, passphrase, logger }: FileSecretStoreOptions): KeyRing {
  const keyPath = join(home, 'vault.key');
  const derived = new Map<string, Promise<Buffer>>();
  let wasExposed = false;

  async function fromPassphrase(salt: string): Promise<Buffer> {
    if (!passphrase) throw unreadable('it is protected by a passphrase; start with CORVUSLLM_PASSPHRASE set');
    const known = derived.get(salt) ?? deriveKey(passphrase, salt);
    derived.set(salt, known);
    return known;
  }

  async function fromFile(): Promise<Buffer | null> {
    const file = await readPrivateFile(keyPath);
    if (!file) return null;
    if (file.isExposed) {
      wasExposed = true;
      await chmod(keyPath, 0o600);
      logger.warn('vault.key-was-exposed', { path: keyPath, advice: exposedSentence });
    }
    const key = Buffer.from(file.text.trim(), 'base64');
    return key.length === keyBytes ? key : null;
  }

  return {
    async forReading(source, salt) {
      if (source === 'passphrase') return fromPassphrase(salt);
      const key = await fromFile();
      if (!key) throw unreadable('the key file is gone or damaged');
      return key;
    },
    async forWriting(source, salt) {
      if (source === 'passphrase') return fromPassphrase(salt);
      const key = await fromFile();
      if (key) return key;
      const fresh = randomBytes(keyBytes);
      await writePrivateFile(keyPath, `${fresh.toString('base64')}\n`);
      return fresh;
    },
    wasExposed: () => wasExposed,
  };
}

function deriveKey(passphrase: string, salt: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64'), keyBytes, scryptCost, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** The name is authenticated with the text, so that entries cannot be swapped. */
function encrypt(key: Buffer, source: KeySource, name: string, secret: string): Entry {
  const iv = randomBytes(12);
  const encryption = createCipheriv(cipher, key, iv).setAAD(Buffer.from(name));
  const data = Buffer.concat([encryption.update(secret, 'utf8'), encryption.final()]);
  return {
    key: source,
    iv: iv.toString('base64'),
    tag: encryption.getAuthTag().toString('base64'),
    data: data.toString('base64'),
  };
}

function decrypt(key: Buffer, name: string, entry: Entry): string {
  try {
    const decryption = createDecipheriv(cipher, key, Buffer.from(entry.iv, 'base64'), { authTagLength: 16 })
      .setAAD(Buffer.from(name))
      .setAuthTag(Buffer.from(entry.tag, 'base64'));
    return Buffer.concat([decryption.update(Buffer.from(entry.data, 'base64')), decryption.final()]).toString('utf8');
  } catch (error) {
    const reason =
      entry.key === 'passphrase'
        ? 'the passphrase is not the one it was stored with'
        : 'the vault was changed or its key replaced';
    throw unreadable(reason, error);
  }
}

async function readVault(path: string): Promise<Vault> {
  const file = await readPrivateFile(path);
  if (!file) return { version: 1, salt: randomBytes(16).toString('base64'), entries: {} };
  try {
    return vaultSchema.parse(JSON.parse(file.text));
  } catch (error) {
    throw unreadable('the vault file is damaged', error);
  }
}

/** A damaged vault must not stop a person from entering keys again: it is moved aside, not overwritten. */
async function readVaultForWriting(path: string, logger: Logger): Promise<Vault> {
  try {
    return await readVault(path);
  } catch (error) {
    if (!(error instanceof CorvusError) || error.code !== 'secret_unreadable') throw error;
    const aside = `${path}.damaged-${Date.now()}`;
    await rename(path, aside);
    logger.warn('vault.damaged', { storedAs: aside });
    return readVault(path);
  }
}

function writeVault(path: string, vault: Vault): Promise<void> {
  return writePrivateFile(path, `${JSON.stringify(vault, null, 1)}\n`);
}

function unreadable(reason: string, cause?: unknown): CorvusError {
  return new CorvusError(
    'secret_unreadable',
    `A stored key cannot be decrypted: ${reason}. Enter the key again if that cannot be fixed.`,
    {},
    cause,
  );
}
