import { z } from 'zod';
import { usdTextSchema } from '../money-schemas.ts';

/**
 * `confirmed`: the account just confirmed it; `stale`: last known, the account cannot be reached; `unknown`: never
 * received.
 */
export const balanceSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('none') }),
  z.strictObject({ state: z.literal('unknown'), reason: z.string() }),
  z.strictObject({
    state: z.enum(['confirmed', 'stale']),
    /** What was credited and not yet spent. */
    balance: usdTextSchema,
    /** Reserved by requests in flight: what the account holds, and what was sent from here since it said so. */
    held: usdTextSchema,
    /** balance - held: what a new request can use. */
    spendable: usdTextSchema,
    asOfMs: z.int(),
    isPlayMoney: z.boolean(),
    /** True when computed here from the last known figure because the service has no account API. */
    isEstimate: z.boolean(),
    topupUrl: z.string().nullable(),
  }),
]);
export type Balance = z.infer<typeof balanceSchema>;
