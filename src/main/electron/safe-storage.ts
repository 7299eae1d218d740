import { rename } from 'node:fs/promises';
import { z } from 'zod';
import type { Logger } from '#shared/ports.ts';
import type { SecretStore } from '#core/ports.ts';
import { CorvusError } from '#shared/errors.ts';
import { readPrivateFile, writePrivateFile } from '../host/atomic-file.ts';
import type { ShellSafeStorage } from './electron-api.ts';

const fileSchema = z.strictObject({ version: z.literal(1), entries: z.record(z.string(), z.base64()) });
type Ciphertexts = z.infer<typeof fileSchema>['entries'];

export interface SafeStorageOptions {
  safeStorage: ShellSafeStorage;
  platform: NodeJS.Platform;
  /** The file of the ciphertexts. */
  path: string;
  /** Serves machines without a keychain, and still holds what was stored while there was none. */
  fileStore: SecretStore;
  logger: Logger;
}

const keychainNames: Partial<Record<string, string>> = {
  darwin: 'macOS Keychain',
  win32: 'Windows data protection of this user',
  gnome_libsecret: 'System keyring (Secret Service)',
  kwallet: 'KWallet',
  kwallet5: 'KWallet',
  kwallet6: 'KWallet',
};

/**
 * Keys behind the system's keychain where there is one; else in the file vault, and the description says so. Call when
 * Electron is ready.
 */
export async function openSecretStore(options: SafeStorageOptions): Promise<SecretStore> {
  const keychain = await findKeychain(options);
  const store = keychain ? keychainStore(options, keychain) : withoutKeychain(options);
  options.logger.info('secrets.opened', { description: store.description });
  return inTurn(store);
}

/**
 * What protects the keys, or null. On Linux Electron "encrypts" with a password that stands in its sources when it
 * finds no keyring (`basic_text`): that is plain text to anyone who looks, and never counts as a keychain.
 */
async function findKeychain({ safeStorage, platform, logger }: SafeStorageOptions): Promise<string | null> {
  try {
    const backend = platform === 'linux' ? safeStorage.getSelectedStorageBackend() : platform;
    const name = keychainNames[backend];
    return name !== undefined && (await safeStorage.isAsyncEncryptionAvailable()) ? name : null;
  } catch (cause) {
    logger.warn('secrets.keychain-failed', { cause });
    return null;
  }
}

function keychainStore({ safeStorage, path, fileStore, logger }: SafeStorageOptions, description: string): SecretStore {
  async function decrypt(ciphertext: string): Promise<Electron.DecryptStringAsyncReturnValue> {
    return safeStorage.decryptStringAsync(Buffer.from(ciphertext, 'base64'));
  }

  /** What cannot be read back is never put in place of what is there. */
  async function store(name: string, secret: string): Promise<void> {
    const ciphertext = (await safeStorage.encryptStringAsync(secret)).toString('base64');
    const readBack = await decrypt(ciphertext);
    if (readBack.result !== secret) throw new Error('The keychain did not give back what it was given.');
    const entries = await readForWriting(path, logger);
    await writeFileOf(path, { ...entries, [name]: ciphertext });
  }

  async function renew(name: string, secret: string): Promise<void> {
    try {
      await store(name, secret);
    } catch (cause) {
      logger.warn('secrets.not-renewed', { name, cause });
    }
  }

  return {
    description,
    warning: fileStore.warning,
    async read(name) {
      const ciphertext = own(await readEntries(path), name);
      if (ciphertext === null) return fileStore.read(name);
      const { result, shouldReEncrypt } = await decrypt(ciphertext).catch((cause: unknown) => {
        throw unreadable('the system keychain is locked, was replaced, or does not answer', cause);
      });
      if (shouldReEncrypt) await renew(name, result);
      return result;
    },
    async write(name, secret) {
      try {
        await store(name, secret);
      } catch (cause) {
        throw cause instanceof CorvusError
          ? cause
          : new CorvusError(
              'storage_unavailable',
              'The system keychain did not take the key. Unlock it and try again.',
              {},
              cause,
            );
      }
      await fileStore.remove(name);
    },
    async remove(name) {
      await removeEntry(path, name, logger);
      await fileStore.remove(name);
    },
  };
}

/** The keychain's ciphertexts stay where they are: the keychain may be back at the next start. */
function withoutKeychain({ path, fileStore, logger }: SafeStorageOptions): SecretStore {
  return {
    description: `No system keychain here. ${fileStore.description}`,
    warning: fileStore.warning,
    async read(name) {
      const secret = await fileStore.read(name);
      if (secret === null && own(await readEntries(path), name) !== null)
        throw unreadable('it is in the system keychain, which cannot be reached now');
      return secret;
    },
    async write(name, secret) {
      await fileStore.write(name, secret);
      if ((await fileStore.read(name)) === secret) await removeEntry(path, name, logger);
    },
    async remove(name) {
      await fileStore.remove(name);
      await removeEntry(path, name, logger);
    },
  };
}

/** One operation at a time, so that two writes cannot undo each other. */
function inTurn(store: SecretStore): SecretStore {
  let last: Promise<unknown> = Promise.resolve();
  function queue<T>(task: () => Promise<T>): Promise<T> {
    const next = last.then(task, task);
    last = next.catch(() => undefined);
    return next;
  }
  return {
    description: store.description,
    warning: store.warning,
    read: (name) => queue(() => store.read(name)),
    write: (name, secret) => queue(() => store.write(name, secret)),
    remove: (name) => queue(() => store.remove(name)),
  };
}

async function readEntries(path: string): Promise<Ciphertexts> {
  const file = await readPrivateFile(path);
  if (!file) return {};
  try {
    return fileSchema.parse(JSON.parse(file.text)).entries;
  } catch (cause) {
    throw unreadable('the file of encrypted keys is damaged', cause);
  }
}

/** A damaged file must not stop a person from entering keys again: it is put aside, not overwritten. */
async function readForWriting(path: string, logger: Logger): Promise<Ciphertexts> {
  try {
    return await readEntries(path);
  } catch (error) {
    if (!(error instanceof CorvusError) || error.code !== 'secret_unreadable') throw error;
    const aside = `${path}.damaged-${Date.now()}`;
    await rename(path, aside);
    logger.warn('secrets.damaged', { storedAs: aside });
    return {};
  }
}

async function removeEntry(path: string, name: string, logger: Logger): Promise<void> {
  const entries = await readForWriting(path, logger);
  if (own(entries, name) === null) return;
  const { [name]: _removed, ...rest } = entries;
  await writeFileOf(path, rest);
}

function writeFileOf(path: string, entries: Ciphertexts): Promise<void> {
  return writePrivateFile(path, `${JSON.stringify({ version: 1, entries }, null, 1)}\n`);
}

function own(entries: Ciphertexts, name: string): string | null {
  return Object.hasOwn(entries, name) ? (entries[name] ?? null) : null;
}

function unreadable(reason: string, cause?: unknown): CorvusError {
  return new CorvusError(
    'secret_unreadable',
    `A stored key cannot be decrypted: ${reason}. Enter the key again if that cannot be put right.`,
    {},
    cause,
  );
}
