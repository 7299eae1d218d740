import { z } from 'zod';
import { localKeyIdSchema } from '../ids.ts';
import { positiveUsdSchema } from './envelope.ts';

/** Whether a request goes to another lane that serves its model, where its own lane has no money. */
export const switchLaneSchema = z.enum(['never', 'ask', 'if-cheaper']);
export type SwitchLane = z.infer<typeof switchLaneSchema>;

/** A tool's limits. null: no limit. */
export const localKeyLimitsSchema = z
  .strictObject({
    requestsPerMinute: z.int().positive().nullable(),
    tokensPerMinute: z.int().positive().nullable(),
    /** Concurrent calls. */
    concurrency: z.int().positive().nullable(),
    /** Model names it may use; `*` matches any text. */
    models: z.array(z.string().trim().min(1).max(200)).min(1).max(100).nullable(),
    expiresAtMs: z.int().nullable(),
    /** The most that one request may cost where it names no ceiling of its own. */
    maxCostUsd: positiveUsdSchema.nullable(),
    /**
     * How long a request waits for money that it lacks, with its client, before it is refused. null: it is refused at
     * once.
     */
    waitMinutes: z.int().min(1).max(60).nullable(),
    /** `ask`: a request that waits for money is offered the other lane. `if-cheaper`: it goes there if it costs no more. */
    switchLane: switchLaneSchema,
    /**
     * Conversations that repeat a tool call with the same result are refused, and all requests while the key spends far
     * more than usual. False: both are shown.
     */
    stopsLoops: z.boolean(),
  })
  .refine(({ switchLane, waitMinutes }) => switchLane !== 'ask' || waitMinutes !== null, {
    path: ['switchLane'],
    message: 'Only a request that waits can ask: set the minutes to wait for money too.',
  });
export type LocalKeyLimits = z.infer<typeof localKeyLimitsSchema>;

export const noLimits: LocalKeyLimits = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  concurrency: null,
  models: null,
  expiresAtMs: null,
  maxCostUsd: null,
  waitMinutes: null,
  switchLane: 'never',
  stopsLoops: false,
};

/** A tool's key for this machine's gateway. It works nowhere else. */
export const localKeySchema = z.strictObject({
  id: localKeyIdSchema,
  label: z.string(),
  /** `sk-local-…` and the last four characters: enough to recognise it, useless to use it. */
  hint: z.string(),
  /** `auto`, or the lane or provider that this key is bound to. */
  route: z.string(),
  limits: localKeyLimitsSchema,
  /**
   * Of the line that Claude Code puts first in its prompts, the value that changes with every request is overwritten.
   */
  steadiesAttribution: z.boolean(),
  createdAtMs: z.int(),
  lastUsedAtMs: z.int().nullable(),
  revokedAtMs: z.int().nullable(),
});
export type LocalKey = z.infer<typeof localKeySchema>;

export function hasExpired({ limits: { expiresAtMs } }: Pick<LocalKey, 'limits'>, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}

/** Where requests of a local key may go: `auto`, `prepaid`, or `provider:<id>`. */
export const localKeyRouteSchema = z
  .string()
  .regex(/^(auto|prepaid|provider:[a-z0-9][a-z0-9-]{0,39})$/, 'must be auto, prepaid, or provider:<id>');
export type LocalKeyRoute = z.infer<typeof localKeyRouteSchema>;
