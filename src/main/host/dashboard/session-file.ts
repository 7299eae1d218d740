import { z } from 'zod';
import { readPrivateFile, writePrivateFile } from '../atomic-file.ts';

/** A login as it is stored: hashes only, so that the file opens no dashboard without the cookie of the browser. */
const storedSessionSchema = z.strictObject({ cookieHash: z.string(), tokenHash: z.string(), expiresAtMs: z.int() });
export type StoredSession = z.infer<typeof storedSessionSchema>;

export interface SessionFile {
  /** An unreadable entry is ignored. */
  read(): Promise<StoredSession[]>;
  write(sessions: readonly StoredSession[]): Promise<void>;
}

/** The logins of browsers, in a private file: they outlive a restart. */
export function sessionFile(path: string): SessionFile {
  return {
    async read() {
      const file = await readPrivateFile(path).catch(() => null);
      if (file === null || file.isExposed) return [];
      try {
        return z.array(storedSessionSchema).parse(JSON.parse(file.text));
      } catch {
        return [];
      }
    },
    write: (sessions) => writePrivateFile(path, JSON.stringify(sessions)),
  };
}
