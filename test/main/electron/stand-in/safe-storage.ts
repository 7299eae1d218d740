import type { ShellSafeStorage } from '../../../../src/main/electron/electron-api.ts';

type Backend = ReturnType<ShellSafeStorage['getSelectedStorageBackend']>;

/** A keychain that can be locked, replaced, rotated, or missing. */
export class StandInSafeStorage implements ShellSafeStorage {
  backend: Backend = 'gnome_libsecret';
  isAvailable = true;
  /** The key new texts are encrypted with; texts under `knownKeys` can be read. */
  key = 'key-1';
  knownKeys = ['key-1'];
  isLocked = false;
  /** Encrypts to something that does not read back. */
  isBroken = false;

  getSelectedStorageBackend(): Backend {
    return this.backend;
  }
  async isAsyncEncryptionAvailable(): Promise<boolean> {
    return this.isAvailable;
  }
  async encryptStringAsync(text: string): Promise<Buffer> {
    if (this.isLocked) throw new Error('The keychain is locked');
    return Buffer.from(`${this.key}|${this.isBroken ? 'gone' : mirrored(text)}`);
  }
  async decryptStringAsync(encrypted: Buffer): Promise<Electron.DecryptStringAsyncReturnValue> {
    if (this.isLocked) throw new Error('The keychain is locked');
    const [key = '', ...rest] = encrypted.toString().split('|');
    if (!this.knownKeys.includes(key)) throw new Error('Error while decrypting the ciphertext');
    return { result: mirrored(rest.join('|')), shouldReEncrypt: key !== this.key };
  }
}

function mirrored(text: string): string {
  return [...text].reverse().join('');
}
