import { z } from 'zod';

/** A customer key as its account sees it; never the key itself. */
export const customerKeySchema = z.object({
  object: z.literal('customer_key'),
  id: z.string(),
  label: z.string(),
  /** The last four characters: enough to recognise it. */
  hint: z.string(),
  createdAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
  /** The key that asks. */
  isCurrent: z.boolean(),
});
export type CustomerKey = z.infer<typeof customerKeySchema>;

/** GET /v1/account/keys, newest first. */
export const customerKeyListSchema = z.object({ object: z.literal('list'), data: z.array(customerKeySchema) });

/** POST /v1/account/keys and …/{id}/rotate: the key is in this reply and nowhere else. */
export const newCustomerKeySchema = customerKeySchema.extend({ key: z.string() });

/** DELETE /v1/account/keys/{id} */
export const deletedCustomerKeySchema = z.object({ object: z.literal('customer_key'), id: z.string(), deleted: z.literal(true) });

export const customerKeyInputSchema = z.strictObject({ label: z.string().trim().min(1).max(80) });
