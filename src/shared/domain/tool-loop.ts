import { z } from 'zod';
import { localKeyIdSchema, requestIdSchema } from '../ids.ts';

/** An agent calls the same tool again and again, and gets the same result. */
export const toolLoopSchema = z.strictObject({
  /** Of the key and the calls that are repeated. */
  id: z.string(),
  localKeyId: localKeyIdSchema,
  localKeyLabel: z.string(),
  /** The tools in the cycle; one as a rule. */
  tools: z.array(z.string()),
  /** How often the cycle stands at the end of the conversation. */
  times: z.int(),
  /** The last request that showed it. */
  requestId: requestIdSchema,
  firstAtMs: z.int(),
  lastAtMs: z.int(),
  /**
   * `shown`: its requests pass. `stopped`: they are refused. `let-through`: they pass, although the key's loops are
   * stopped.
   */
  state: z.enum(['shown', 'stopped', 'let-through']),
});
export type ToolLoop = z.infer<typeof toolLoopSchema>;
