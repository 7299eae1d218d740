import { z } from 'zod';
import { providerIdSchema } from '../ids.ts';
import { dialectFamilySchema } from './dialect.ts';

/** A place to buy (or run) model calls with the user's own key, or none for a server on this machine. */
export const providerSchema = z.strictObject({
  id: providerIdSchema,
  dialectFamily: dialectFamilySchema,
  baseUrl: z.url(),
  /** On this machine or network: no cost, private addresses allowed, no key needed. */
  isLocal: z.boolean(),
  /** Last four characters of the stored key; null when the provider has none. */
  keyHint: z.string().nullable(),
  /** False when the stored key cannot be decrypted any more and must be entered again. */
  isKeyReadable: z.boolean(),
  createdAtMs: z.int(),
  /** Model slugs from the provider's own list; null when it was never listed. */
  models: z.array(z.string()).nullable(),
  lastTest: z.strictObject({ atMs: z.int(), ok: z.boolean(), message: z.string(), latencyMs: z.number().nullable() }).nullable(),
});
export type Provider = z.infer<typeof providerSchema>;

export const newProviderSchema = z.strictObject({
  id: providerIdSchema,
  dialectFamily: dialectFamilySchema,
  baseUrl: z.url({ protocol: /^https?$/ }),
  isLocal: z.boolean(),
  key: z.string().trim().min(1).max(4096).nullable(),
});
export type NewProvider = z.infer<typeof newProviderSchema>;
