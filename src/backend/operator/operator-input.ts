import { z } from 'zod';
import { lineOf } from '#shared/account/line.ts';
import { orderSchema } from '#shared/account/orders.ts';
import { billingPlanSchema } from '#shared/account/request-billing.ts';
import { parseUsd } from '#shared/money.ts';
import { usdInputSchema } from '#shared/money-schemas.ts';

/** The input of the operator's API and pages: the same rules for both. */
export const reasonSchema = z.string().trim().min(3, 'say why, for the audit log').max(500);

/** At once: bounds the damage of a typing error, and no balance grows beyond what the database can count. */
const mostGranted = parseUsd('1000000.00') ?? 0n;

export const openCustomerSchema = z.strictObject({ label: lineOf(80), reason: reasonSchema });
export const grantSchema = z.strictObject({
  amount: usdInputSchema.transform((text, context) => {
    const amount = parseUsd(text);
    if (amount !== null && amount > 0n && amount <= mostGranted) return amount;
    context.addIssue('must be above zero, and 1000000.00 at most');
    return z.NEVER;
  }),
  grantId: z.string().regex(/^[\w-]{8,64}$/, 'must be 8 to 64 letters, digits, dashes or underscores'),
  reason: reasonSchema,
});
export const billingPlanChangeSchema = z.strictObject({ plan: billingPlanSchema, reason: reasonSchema });
export const decisionSchema = z.strictObject({ reason: reasonSchema });
export const refundSchema = z.strictObject({ paymentId: z.string().min(1).max(255), reason: reasonSchema });
/** `replaces`: a key of the account that is revoked when the link is used. */
export const claimLinkSchema = z.strictObject({
  reason: reasonSchema,
  replaces: z.string().min(1).max(80).nullable().default(null),
});

const limit = z.coerce.number().int().min(1).max(500).default(100);
const text = z.string().trim().max(200).default('');
/** Sequences below this one; 0 for the newest. */
const before = z
  .string()
  .regex(/^\d{1,18}$/)
  .default('0')
  .transform(BigInt);

export const orderStates = orderSchema.shape.status.options;

export const searchSchema = z.object({ q: text, limit });
export const pagedSearchSchema = z.object({ q: text, before, limit });
export const orderSearchSchema = z.object({
  q: text,
  show: z.enum(['attention', 'all', ...orderStates]).default('all'),
  limit,
});
export const daysSchema = z.object({ days: z.coerce.number().int().min(1).max(366).default(30) });
export const requestMarginsSchema = z.object({ ...daysSchema.shape, q: text, limit });
