import { z } from 'zod';
import { firstByteTimeoutsSchema, standardFirstByteTimeouts } from '../domain/first-byte-timeouts.ts';
import { usdTextSchema } from '../money-schemas.ts';
import { captureSettingsSchema } from './captures.ts';
import { command, event, query } from './define.ts';

export const settingsSchema = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']),
  /** A notification and an amber tray below this; null turns it off. */
  lowBalance: usdTextSchema.nullable(),
  /** Request rows older than this are deleted; totals stay. null keeps them forever. */
  retentionDays: z.int().min(1).max(3650).nullable(),
  /** The oldest request rows are deleted while the database has more; those of the last day stay. null: no limit. */
  historyMegabytes: z.int().min(50).max(1_000_000).nullable(),
  /** One backup of the database a day, and the newest of them are kept; 0 makes none. */
  keptBackups: z.int().min(0).max(60),
  /** Whether bodies of requests are kept. */
  captures: captureSettingsSchema,
  /**
   * Whether what models thought beside their tool calls is stored, encrypted, so that conversations continue after a
   * restart.
   */
  keepReasoning: z.boolean(),
  firstByteTimeouts: firstByteTimeoutsSchema,
  /** Closing the window leaves Corvus running in the tray. */
  closeToTray: z.boolean(),
  /** `status.json` in the data folder has the balance, for status bars. */
  statusFile: z.boolean(),
  openAtLogin: z.boolean(),
  /** Also answer at this port, 11434 for Ollama's clients; null: only at the gateway's own. */
  ollamaPort: z.int().min(1).max(65_535).nullable(),
  /** Where tools reach Corvus, from its next start on; connected tools are rewritten then. */
  port: z.int().min(1).max(65_535),
});
export type Settings = z.infer<typeof settingsSchema>;

export const defaultSettings: Settings = {
  theme: 'system',
  lowBalance: '2.00',
  retentionDays: null,
  historyMegabytes: null,
  keptBackups: 3,
  captures: { of: 'off', megabytes: 100, days: 7 },
  keepReasoning: true,
  firstByteTimeouts: standardFirstByteTimeouts,
  closeToTray: true,
  statusFile: false,
  openAtLogin: false,
  ollamaPort: null,
  port: 4477,
};

export const settingsContract = {
  'settings.get': query({ input: z.undefined(), output: settingsSchema }),
  'settings.set': command({ input: settingsSchema.partial(), output: settingsSchema }),
  'settings.changed': event({ payload: settingsSchema }),
};
