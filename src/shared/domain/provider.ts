import { z } from 'zod';
import { providerIdSchema } from '../ids.ts';
import { upstreamDialectSchema } from './dialect.ts';
import { proxySettingSchema } from './network.ts';

/** An entry of the provider catalogue, or `custom` for any other endpoint. */
export const providerKindSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);
export const customKind = 'custom';

const dialectsSchema = z.array(upstreamDialectSchema).min(1);

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

/** A key's name within its provider: chosen by the user, shown in attempts and logs. */
export const providerKeyNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'use lower-case letters, digits and dashes, 40 at most');
/** The name of a key that was added together with its provider. */
export const firstKeyName = 'main';

/** A key as it is typed or pasted. */
const secretSchema = z.string().trim().min(1).max(4096);

/** How often and when a key is used: lower priorities first, keys of one priority by weight. */
const keyLoadSchema = { priority: z.int().min(0).max(1000), weight: z.int().min(1).max(1000) };

/** One of a provider's keys: everything but the secret. */
export const providerKeySchema = z.strictObject({
  name: providerKeyNameSchema,
  /** Its last four characters. */
  hint: z.string(),
  /** False when it can no longer be decrypted and must be entered again. */
  isReadable: z.boolean(),
  ...keyLoadSchema,
  /** What the last calls with it showed, over all models, since the start of the app. */
  health: z.strictObject({
    /** Other keys are used until then; null: it is used as usual. */
    coolingUntilMs: z.int().nullable(),
    /** The last failure that no answer for the same model has followed; `httpStatus` null: there was no answer. */
    lastFailure: z.strictObject({ atMs: z.int(), model: z.string(), httpStatus: z.int().nullable() }).nullable(),
  }),
});
export type ProviderKey = z.infer<typeof providerKeySchema>;

export const newProviderKeySchema = z.strictObject({
  id: providerIdSchema,
  name: providerKeyNameSchema,
  key: secretSchema,
  ...keyLoadSchema,
});

/** null: as it is. */
export const changedProviderKeySchema = z.strictObject({
  id: providerIdSchema,
  name: providerKeyNameSchema,
  key: secretSchema.nullable(),
  priority: keyLoadSchema.priority.nullable(),
  weight: keyLoadSchema.weight.nullable(),
});

/** Where model calls are bought (or run) with the user's own key, or with none on a server of this machine. */
export const providerSchema = z.strictObject({
  id: providerIdSchema,
  kind: providerKindSchema,
  /** The dialects it answers in, its native one first. */
  dialects: dialectsSchema,
  baseUrl: z.url(),
  /** On this machine or network: no cost, private addresses allowed, no key needed. */
  isLocal: z.boolean(),
  /** In the order in which they are used; none where the provider needs no key. */
  keys: z.array(providerKeySchema),
  /** By which proxy it is reached: `environment` is the choice that holds for everything. */
  proxy: proxySettingSchema,
  /** The proxy that is in use for it, without its login; null: it is reached directly. */
  through: z.string().nullable(),
  createdAtMs: z.int(),
  /** Model slugs from the provider's own list; null when it was never listed. */
  models: z.array(z.string()).nullable(),
  lastTest: z
    .strictObject({
      atMs: z.int(),
      ok: z.boolean(),
      message: z.string(),
      latencyMs: z.number().nullable(),
      code: z.string().optional(),
      /** How far this machine's clock is ahead of the provider's, where that is too much. */
      clockAheadMs: z.number().optional(),
    })
    .nullable(),
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
  /** null: it needs none, or gets one later. */
  key: secretSchema.nullable(),
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
  /** A regular expression that its keys fit; null: they have no shape of their own. */
  keyPattern: z.string().nullable(),
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

/** A key that a variable on this machine holds. The key itself stays where it is until the person adds it. */
export const foundKeySchema = z.strictObject({
  variable: z.string(),
  /** A file, or "the environment of Corvus". */
  where: z.string(),
  kind: providerKindSchema,
  name: z.string(),
  /** Its last four characters. */
  hint: z.string(),
  /** Another address than the usual one, from the variable beside it; null: the usual one. */
  baseUrl: z.url().nullable(),
});
export type FoundKey = z.infer<typeof foundKeySchema>;
