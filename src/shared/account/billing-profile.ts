import { z } from 'zod';
import { lineOf } from './line.ts';

/** Codes of two letters with a name that are no countries. */
const groups: ReadonlySet<string> = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ']);
const regionNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** The English name of a country; null for an unknown code. */
export function countryName(code: string): string | null {
  if (!/^[A-Z]{2}$/.test(code) || groups.has(code)) return null;
  // Replaced codes resolve to the name of their successor: UK is GB.
  return new Intl.Locale(`und-${code}`).region === code ? (regionNames.of(code) ?? null) : null;
}

const countrySchema = z
  .string()
  .refine((code) => countryName(code) !== null, 'must be the two capital letters of a country in ISO 3166');
const addressSchema = z.array(lineOf(100)).max(6);
const taxIdSchema = z
  .string()
  .trim()
  .min(2)
  .max(40)
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ./-]*$/, 'must be a tax number such as DE123456789');
const emailSchema = z.email().max(254);

/** The seller, as it is printed on every invoice issued from then on. */
export const sellerSchema = z.strictObject({
  name: lineOf(120),
  address: addressSchema.min(1),
  country: countrySchema,
  taxId: taxIdSchema.nullable().default(null),
  email: emailSchema.nullable().default(null),
  /** A sentence at the foot of every billing document, such as a register number or a tax rule. */
  note: lineOf(400).nullable().default(null),
});
export type Seller = z.infer<typeof sellerSchema>;

/** PUT /v1/account/billing-profile: the billing details, replaced as a whole. Omitted fields are left blank. */
export const billingProfileInputSchema = z.strictObject({
  name: lineOf(120).nullable().default(null),
  company: lineOf(120).nullable().default(null),
  address: addressSchema.default([]),
  country: countrySchema.nullable().default(null),
  email: emailSchema.nullable().default(null),
  /** Such as a VAT or GST number. Not checked with the tax authority. */
  taxId: taxIdSchema.nullable().default(null),
});
export type BillingProfile = z.infer<typeof billingProfileInputSchema>;

/** GET and PUT /v1/account/billing-profile */
export const billingProfileSchema = billingProfileInputSchema.extend({
  object: z.literal('billing_profile'),
  /** null: never set. */
  updatedAt: z.iso.datetime().nullable(),
});
export type BillingProfileView = z.infer<typeof billingProfileSchema>;
