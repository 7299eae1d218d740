import { z } from 'zod';
import { command, event, query } from './define.ts';

/** A file with all that the app's database had at this moment. */
export const backupSchema = z.strictObject({ path: z.string(), atMs: z.int(), bytes: z.int() });
export type Backup = z.infer<typeof backupSchema>;

export const backupsSchema = z.strictObject({
  folder: z.string(),
  /** Newest first. */
  kept: z.array(backupSchema),
  /** Why the last attempt failed; null: it did not. */
  problem: z.string().nullable(),
});
export type Backups = z.infer<typeof backupsSchema>;

/** How large the database is. */
export const storageSizeSchema = z.strictObject({
  /** Of the file. Space that deleted rows left is in it, and is used again. */
  fileBytes: z.int(),
  usedBytes: z.int(),
  /** Of those that have ended. */
  oldestRequestMs: z.int().nullable(),
});
export type StorageSize = z.infer<typeof storageSizeSchema>;

export const storageContract = {
  'storage.size': query({ input: z.undefined(), output: storageSizeSchema }),
  'backups.list': query({ input: z.undefined(), output: backupsSchema }),
  /** Makes one now. It counts among those that are kept. */
  'backups.create': command({ input: z.undefined(), output: backupSchema }),
  'backups.changed': event({ payload: backupsSchema }),
};
