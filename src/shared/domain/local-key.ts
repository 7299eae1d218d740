import { z } from 'zod';
import { localKeyIdSchema } from '../ids.ts';

/** A tool's key for this machine's gateway. Worth nothing anywhere else. */
export const localKeySchema = z.strictObject({
  id: localKeyIdSchema,
  label: z.string(),
  /** `sk-local-…` and the last four characters: enough to recognise it, useless to use it. */
  hint: z.string(),
  /** `auto`, or one lane or provider that this key is bound to. */
  route: z.string(),
  createdAtMs: z.int(),
  lastUsedAtMs: z.int().nullable(),
  revokedAtMs: z.int().nullable(),
});
export type LocalKey = z.infer<typeof localKeySchema>;

/** Where requests of a local key may go: `auto`, `prepaid`, or `provider:<id>`. */
export const localKeyRouteSchema = z
  .string()
  .regex(/^(auto|prepaid|provider:[a-z0-9][a-z0-9-]{0,39})$/, 'must be auto, prepaid, or provider:<id>');
export type LocalKeyRoute = z.infer<typeof localKeyRouteSchema>;
