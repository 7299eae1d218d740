import { z } from 'zod';
import { localKeyRouteSchema } from './local-key.ts';

const modelNameSchema = z.string().trim().min(1).max(200);

export const planModes = ['mesh', 'auto', 'compare', 'blend', 'judge'] as const;

/**
 * `mesh`: the first that can, answers. `auto`: the cheapest that fits is asked first. `compare`: all answer, side by
 * side. `blend`: the arbiter makes one answer of all. `judge`: the arbiter scores all, and the best one is the answer.
 */
export const planModeSchema = z.enum(planModes);
export type PlanMode = z.infer<typeof planModeSchema>;

const candidateSchema = z.strictObject({ model: modelNameSchema, route: localKeyRouteSchema });

/** A name that tools request like a model, and the models that answer for it, best first. */
export const planSchema = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}$/, 'must look like a model slug'),
    mode: planModeSchema,
    candidates: z.array(candidateSchema).min(1).max(9),
    /** The model that blends or judges; null for the other modes. */
    arbiter: candidateSchema.nullable(),
    /** `same-or-cheaper`: a later candidate answers only if it costs no more than the first. */
    priceCeiling: z.enum(['same-or-cheaper', 'any']),
    /**
     * Whether an empty account or a spent quota leads to the next candidate. `ask` refuses and says how to allow it.
     */
    onBillingError: z.enum(['off', 'ask', 'on']),
  })
  .refine(
    ({ mode, arbiter }) => arbiter !== null || (mode !== 'blend' && mode !== 'judge'),
    'blend and judge need an arbiter',
  );
export type Plan = z.infer<typeof planSchema>;

const hourSchema = z.int().min(0).max(24);

/** Redirects matching calls to another plan or model. The first matching rule wins. */
export const routingRuleSchema = z.strictObject({
  /** `*` matches any text. */
  model: modelNameSchema,
  hasTools: z.boolean().nullable(),
  minInputTokens: z.int().nonnegative().nullable(),
  maxInputTokens: z.int().nonnegative().nullable(),
  /** Local time; `from` 22 `to` 6 spans midnight. */
  hours: z.strictObject({ from: hourSchema, to: hourSchema }).nullable(),
  /** A plan's name or a model slug. */
  use: modelNameSchema,
});
export type RoutingRule = z.infer<typeof routingRuleSchema>;

export const routingSchema = z.strictObject({
  plans: z.array(planSchema).max(50),
  rules: z.array(routingRuleSchema).max(50),
});
export type Routing = z.infer<typeof routingSchema>;

export const noRouting: Routing = { plans: [], rules: [] };
