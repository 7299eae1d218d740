import { z } from 'zod';
import { usdTextSchema } from '../money-schemas.ts';
import { billingProfileInputSchema, sellerSchema } from './billing-profile.ts';

/**
 * An invoice is issued when an order's payment is credited. A credit note reverses the amount of a refund or dispute; a
 * debit note charges it again if that refund failed or that dispute was won.
 */
export const documentKindSchema = z.enum(['invoice', 'credit_note', 'debit_note']);
export type DocumentKind = z.infer<typeof documentKindSchema>;

/** What is frozen on a billing document besides its amounts. */
export const documentFactsSchema = z.object({
  /** null: the operator had not configured the seller. */
  seller: sellerSchema.nullable(),
  /** null: the customer had not entered billing details. */
  customer: billingProfileInputSchema.nullable(),
  paymentReference: z.string(),
});
export type DocumentFacts = z.infer<typeof documentFactsSchema>;

/** GET /v1/account/invoices/{number}. Amounts are never negative: the kind gives the direction. */
export const documentSchema = z.object({
  object: documentKindSchema,
  number: z.string(),
  /** The cursor of the list. */
  sequence: z.string(),
  issuedAt: z.iso.datetime(),
  accountId: z.string(),
  orderId: z.string(),
  /** The invoice that a note corrects. */
  invoiceNumber: z.string().nullable(),
  reason: z.enum(['refund', 'dispute']).nullable(),
  currency: z.literal('USD'),
  /** What was credited to the balance or taken back from it. */
  credit: usdTextSchema,
  /** What was paid or paid back, tax included; null where an operator confirmed the payment by hand. */
  paid: usdTextSchema.nullable(),
  /** null: not known. */
  tax: usdTextSchema.nullable(),
  ...documentFactsSchema.shape,
});
export type BillingDocument = z.infer<typeof documentSchema>;

/** GET /v1/account/invoices?before=&limit=: newest first, strictly before the cursor. */
export const documentListSchema = z.object({
  object: z.literal('list'),
  data: z.array(documentSchema),
  hasMore: z.boolean(),
});
