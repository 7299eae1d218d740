import { z } from 'zod';
import { providerIdSchema } from '../ids.ts';
import { conversationDialectSchema } from './dialect.ts';

/** An entry of the provider catalogue, or `custom` for any other endpoint. */
export const providerKindSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);
export const customKind = 'custom';

const dialectsSchema = z.array(conversationDialectSchema).min(1);

/** A provider's remaining balance, as far as it reports one. */
export const providerBalanceSchema = z.strictObject({
  /** null: not known, for the reason in `problem`. The amount is a decimal string. */
  left: z.strictObject({ amount: z.string(), currency: z.string().regex(/^[A-Z]{3}$/) }).nullable(),
  /** When the provider reported it; for an unknown amount, when it was asked. */
  asOfMs: z.int(),
  /** Why the amount is missing or could not be renewed. */
  problem: z.string().nullable(),
});
export type ProviderBalance = z.infer<typeof providerBalanceSchema>;

/** Where model calls are bought (or run) with the user's own key, or with none on a server of this machine. */
export const providerSchema = z.strictObject({
  id: providerIdSchema,
  kind: providerKindSchema,
  /** The dialects it answers in, its native one first. */
  dialects: dialectsSchema,
  baseUrl: z.url(),
  /** On this machine or network: no cost, private addresses allowed, no key needed. */
  isLocal: z.boolean(),
  /** Last four characters of the stored key; null when the provider has none. */
  keyHint: z.string().nullable(),
  /** False when the stored key can no longer be decrypted and must be entered again. */
  isKeyReadable: z.boolean(),
  createdAtMs: z.int(),
  /** Model slugs from the provider's own list; null when it was never listed. */
  models: z.array(z.string()).nullable(),
  lastTest: z.strictObject({ atMs: z.int(), ok: z.boolean(), message: z.string(), latencyMs: z.number().nullable() }).nullable(),
  /** null: it was not asked yet, or this kind reports no balance. */
  balance: providerBalanceSchema.nullable(),
});
export type Provider = z.infer<typeof providerSchema>;

export const newProviderSchema = z.strictObject({
  id: providerIdSchema,
  kind: providerKindSchema,
  /** null: the address in the catalogue. */
  baseUrl: z.url({ protocol: /^https?$/ }).nullable(),
  /** What the catalogue cannot know: needed for `custom`, null for every other kind. */
  custom: z.strictObject({ dialects: dialectsSchema, isLocal: z.boolean() }).nullable(),
  key: z.string().trim().min(1).max(4096).nullable(),
});
export type NewProvider = z.infer<typeof newProviderSchema>;

/** What is known about a kind of provider before one is added. */
export const knownProviderSchema = z.strictObject({
  kind: providerKindSchema,
  name: z.string(),
  /** Where a person makes a key; null when none is needed. */
  keyUrl: z.url().nullable(),
  /** The variable in which tools look for the key. */
  environmentVariable: z.string().nullable(),
  /** null: every user has an own address, which must be entered. */
  baseUrl: z.url().nullable(),
  isLocal: z.boolean(),
  dialects: dialectsSchema,
});
export type KnownProvider = z.infer<typeof knownProviderSchema>;

/** A model server that runs on this machine and is not set up yet. */
export const localServerSchema = z.strictObject({
  kind: providerKindSchema,
  name: z.string(),
  baseUrl: z.url(),
  /** How many models it lists; null when it asks for a key first. */
  models: z.int().nullable(),
});
export type LocalServer = z.infer<typeof localServerSchema>;
