import { z } from 'zod';
import { accountSchema } from './account.ts';
import { ledgerLineSchema } from './ledger.ts';
import { orderSchema } from './orders.ts';
import { receiptSchema } from './receipt.ts';

/**
 * GET /v1/account/events, server-sent events. `account` comes first and on every change of balance or holds, after the
 * lines that it counts. `ledger` carries a line, with its sequence as the SSE id: a client that reconnects with
 * `Last-Event-ID` misses none.
 */
export const accountEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('account'), account: accountSchema }),
  z.object({ type: z.literal('ledger'), line: ledgerLineSchema, receipt: receiptSchema.nullable() }),
  z.object({ type: z.literal('order'), order: orderSchema }),
]);
export type AccountEvent = z.infer<typeof accountEventSchema>;
