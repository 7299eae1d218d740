import { z } from 'zod';

/** One line of text for a paper: no line breaks, no control characters, nothing that turns the reading direction around. */
const lineOf = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u, 'must be one line of plain text');

/** What has a name and a code of two letters, but is no country. */
const groups: ReadonlySet<string> = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ']);
const regionNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** The English name of a country; null when there is none of this code. */
export function countryName(code: string): string | null {
  if (!/^[A-Z]{2}$/.test(code) || groups.has(code)) return null;
  // A code that was given up is known under its successor's: UK is GB.
  return new Intl.Locale(`und-${code}`).region === code ? (regionNames.of(code) ?? null) : null;
}

const countrySchema = z.string().refine((code) => countryName(code) !== null, 'must be the two capital letters of a country in ISO 3166');
const addressSchema = z.array(lineOf(100)).max(6);
const taxIdSchema = z
  .string()
  .trim()
  .min(2)
  .max(40)
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ./-]*$/, 'must be a tax number such as DE123456789');
const emailSchema = z.email().max(254);

/** Who sells: stands on every invoice as it was when that was issued. */
export const sellerSchema = z.strictObject({
  name: lineOf(120),
  address: addressSchema.min(1),
  country: countrySchema,
  taxId: taxIdSchema.nullable().default(null),
  email: emailSchema.nullable().default(null),
  /** A sentence for the foot of every paper, such as a register number or a rule of tax. */
  note: lineOf(400).nullable().default(null),
});
export type Seller = z.infer<typeof sellerSchema>;

/** PUT /v1/account/billing-profile: whom invoices are made out to, as a whole. What is left out is not stated. */
export const billingProfileInputSchema = z.strictObject({
  name: lineOf(120).nullable().default(null),
  company: lineOf(120).nullable().default(null),
  address: addressSchema.default([]),
  country: countrySchema.nullable().default(null),
  email: emailSchema.nullable().default(null),
  /** Such as a VAT or GST number. Not checked with the authority that gave it. */
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
