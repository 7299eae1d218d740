import { z } from 'zod';
import { requestIdSchema } from '../ids.ts';
import { usdTextSchema } from '../money-schemas.ts';

/** Why a prompt cache had less of a prompt than the turn before had put into it. */
export const cacheBreakSchema = z.strictObject({
  /**
   * What is the first to differ from the turn before: the model, or the provider that served it; a definition or the
   * order of the tools; the system prompt; the conversation, which lost its beginning or has another message.
   * `expired`: too much time had passed. `unknown`: nothing differs.
   */
  cause: z.enum(['model', 'provider', 'expired', 'tools', 'tool-order', 'system', 'cut', 'message', 'unknown']),
  /** Where it differs, from 1: the tool, the line of the system prompt, the message; null: it is no place. */
  at: z.int().nullable(),
  /** Milliseconds since the turn before. */
  afterMs: z.int(),
  /** Tokens that had been in the cache and were charged as if they had not. */
  tokens: z.int(),
  /** What they cost more than from the cache. */
  lost: usdTextSchema,
  /** The turn before. */
  before: requestIdSchema,
});
export type CacheBreak = z.infer<typeof cacheBreakSchema>;
