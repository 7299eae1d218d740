import { z } from 'zod';
import { ledgerLineSchema } from '../account/ledger.ts';
import { orderSchema } from '../account/orders.ts';
import { usdTextSchema } from '../money-schemas.ts';
import { command, event, query } from './define.ts';

/**
 * `isRequestHere`: this machine has the line's request. Other machines spend the same balance, and old requests are
 * deleted.
 */
const statementLineSchema = ledgerLineSchema.extend({ isRequestHere: z.boolean() });
export type StatementLine = z.infer<typeof statementLineSchema>;

export const billingContract = {
  /** Creates an order; its `checkoutUrl` is the payment page. Credit is added only when the payment is confirmed. */
  'billing.topup': command({ input: z.strictObject({ amount: usdTextSchema }), output: orderSchema }),
  /** Opens an order's checkout in the browser. */
  'billing.open-checkout': command({
    input: z.strictObject({ orderId: z.string() }),
    output: z.strictObject({ url: z.string() }),
  }),
  'billing.orders': query({ input: z.undefined(), output: z.array(orderSchema) }),
  /** The mirrored ledger of the account, newest first. */
  'billing.ledger': query({
    input: z.strictObject({ cursor: z.string().nullable(), limit: z.int().min(1).max(500) }),
    output: z.strictObject({ lines: z.array(statementLineSchema), nextCursor: z.string().nullable() }),
  }),
  'billing.order-changed': event({ payload: orderSchema }),
};
