import { z } from 'zod';
import { localKeyIdSchema, requestIdSchema } from '../ids.ts';
import { usdTextSchema } from '../money-schemas.ts';

const common = {
  id: z.string(),
  localKeyId: localKeyIdSchema,
  localKeyLabel: z.string(),
  /** The last request that showed it. */
  requestId: requestIdSchema,
  firstAtMs: z.int(),
  lastAtMs: z.int(),
  /**
   * `shown`: its requests pass. `stopped`: they are refused. `let-through`: they pass, although the key's loops are
   * stopped.
   */
  state: z.enum(['shown', 'stopped', 'let-through']),
};

/**
 * What an agent does that runs out of hand. `same-result`: it calls the same tools again and again, and gets the same
 * results. `steep-spend`: its key spends far more than it usually does.
 */
export const toolLoopSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('same-result'),
    /** The tools in the cycle; one as a rule. */
    tools: z.array(z.string()),
    /** How often the cycle stands at the end of the conversation. */
    times: z.int(),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('steep-spend'),
    /** In the quarter of an hour that began then. */
    sinceMs: z.int(),
    spent: usdTextSchema,
    /** What nine of ten of the key's quarters of an hour cost. */
    usual: usdTextSchema,
  }),
]);
export type ToolLoop = z.infer<typeof toolLoopSchema>;
