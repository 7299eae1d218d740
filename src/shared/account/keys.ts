import { z } from 'zod';
import { lineOf } from './line.ts';
import { usdInputSchema, usdTextSchema } from '../money-schemas.ts';

const perMinute = z.int().min(1).max(10_000_000).nullable().default(null);
const cap = usdInputSchema.nullable().default(null);

/** In a form they are separated by line breaks or commas. */
const slugPattern = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\s,]*$/, 'must be model slugs, without spaces');

/** The same time always as the same text, to the millisecond: `…10:00:00Z`, or `…10:00:00.250Z`. */
function inOneForm(time: string): string {
  const atMs = Date.parse(time);
  return Number.isNaN(atMs) ? time : new Date(atMs).toISOString().replace('.000Z', 'Z');
}

/** A key's limits; null: no limit of that kind. Days, weeks (from Monday) and months are by UTC. */
export const keyLimitsSchema = z.strictObject({
  requestsPerMinute: perMinute,
  /** Input and output together. */
  tokensPerMinute: perMinute,
  dailyCap: cap,
  weeklyCap: cap,
  monthlyCap: cap,
  /** `*` matches any text. */
  models: z.array(slugPattern).min(1).max(100).nullable().default(null),
  expiresAt: z.iso.datetime().overwrite(inOneForm).nullable().default(null),
});
export type KeyLimits = z.infer<typeof keyLimitsSchema>;

/** The state of one of a key's caps. */
export const keyCapSchema = z.object({
  period: z.enum(['day', 'week', 'month']),
  limit: usdTextSchema,
  spent: usdTextSchema,
  held: usdTextSchema,
  remaining: usdTextSchema,
  resetsAt: z.iso.datetime(),
});

export type KeyCap = z.infer<typeof keyCapSchema>;

/** `inference`: it may call models and read the balance, but manage nothing. */
const keyScopeSchema = z.enum(['manage', 'inference']);
export type KeyScope = z.infer<typeof keyScopeSchema>;

/** A customer key as its account sees it; never the key itself. */
export const customerKeySchema = z.object({
  object: z.literal('customer_key'),
  id: z.string(),
  label: z.string(),
  scope: keyScopeSchema,
  /** The last four characters: enough to recognise it. */
  hint: z.string(),
  createdAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
  /** null: no limits beyond the balance. */
  limits: keyLimitsSchema.nullable(),
  /** The member it belongs to; null: an owner. */
  memberId: z.string().nullable().default(null),
  /** The key that made this request. */
  isCurrent: z.boolean(),
});
export type CustomerKey = z.infer<typeof customerKeySchema>;

/** GET /v1/account/keys, newest first. */
export const customerKeyListSchema = z.object({ object: z.literal('list'), data: z.array(customerKeySchema) });

/** GET /v1/account/keys/{id} */
export const customerKeyDetailSchema = customerKeySchema.extend({ caps: z.array(keyCapSchema) });

/** POST /v1/account/keys and …/{id}/rotate: the only reply that contains the key. */
export const newCustomerKeySchema = customerKeySchema.extend({ key: z.string() });

/** DELETE /v1/account/keys/{id} */
export const deletedCustomerKeySchema = z.object({
  object: z.literal('customer_key'),
  id: z.string(),
  deleted: z.literal(true),
});

const label = lineOf(80);
export const customerKeyInputSchema = z.strictObject({
  label,
  scope: keyScopeSchema.default('manage'),
  limits: keyLimitsSchema.nullable().default(null),
});

/** PATCH /v1/account/keys/{id}: absent fields stay; limits are set as a whole. */
export const customerKeyChangeSchema = z.strictObject({
  label: label.optional(),
  limits: keyLimitsSchema.nullable().optional(),
});
