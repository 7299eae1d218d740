import { z } from 'zod';
import { usdTextSchema } from '../money-schemas.ts';

/**
 * The state of an order (a top-up). `pending`: the customer is done, the payment is not confirmed yet. `in_review`:
 * paid, but not as ordered, so nothing is credited before an operator has checked it. Everything from `paid_confirmed`
 * on was credited; `refunded` and `charged_back` (a lost dispute) took it back, `disputed` has taken it back until the
 * dispute ends.
 */
const orderStatusSchema = z.enum([
  'created',
  'pending',
  'expired',
  'failed',
  'in_review',
  'paid_confirmed',
  'partially_refunded',
  'refunded',
  'disputed',
  'charged_back',
]);
export type OrderStatus = z.infer<typeof orderStatusSchema>;

export const orderSchema = z.object({
  object: z.literal('order'),
  id: z.string(),
  status: orderStatusSchema,
  /** `auto`: an automatic top-up. */
  origin: z.enum(['customer', 'auto']).default('customer'),
  amount: usdTextSchema,
  currency: z.literal('USD'),
  checkoutUrl: z.string(),
  createdAt: z.iso.datetime(),
  paidAt: z.iso.datetime().nullable(),
  /** Credit that refunds and disputes took back. */
  takenBack: usdTextSchema.default('0.00'),
  /** Why it failed or is in review, as one word. */
  failure: z.string().nullable().default(null),
});
export type Order = z.infer<typeof orderSchema>;

/** Why an order failed or is in review, as a person reads it: `card_declined` is `card declined`. */
export function failureWords(failure: string): string {
  return failure.replaceAll('_', ' ');
}

export const minimumTopup = '3.00';
export const maximumTopup = '10000.00';

/** Preset amounts; any other amount between the limits is allowed too. */
export const topupPackages = [
  { id: 'small', name: 'Small', amount: '10.00' },
  { id: 'medium', name: 'Medium', amount: '25.00' },
  { id: 'large', name: 'Large', amount: '100.00' },
] as const;

const amountOrPackage = {
  amount: usdTextSchema.optional(),
  package: z.enum(topupPackages.map(({ id }) => id)).optional(),
};
const isOneRequest = (input: { amount?: string | undefined; package?: string | undefined }): boolean =>
  (input.amount === undefined) !== (input.package === undefined);
const eitherOr = { path: ['amount'], message: 'send either an amount or a package' };

/**
 * POST /v1/account/topups: a package or an amount. `savePaymentMethod` keeps the payment method for automatic top-ups.
 */
export const topupInputSchema = z
  .strictObject({ ...amountOrPackage, savePaymentMethod: z.boolean().default(false) })
  .refine(isOneRequest, eitherOr);

/** POST /v1/orders: the same for a customer without a key. */
export const guestOrderInputSchema = z.strictObject(amountOrPackage).refine(isOneRequest, eitherOr);

/** GET /v1/topup-packages: for a shop page; needs no key. */
export const topupPackagesSchema = z.object({
  object: z.literal('list'),
  data: z.array(z.object({ id: z.string(), name: z.string(), amount: usdTextSchema })),
  minimum: usdTextSchema,
  maximum: usdTextSchema,
});

/** GET /v1/account/topups */
export const orderListSchema = z.object({ object: z.literal('list'), data: z.array(orderSchema) });
