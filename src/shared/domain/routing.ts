import { z } from 'zod';
import { localKeyRouteSchema } from './local-key.ts';

const modelNameSchema = z.string().trim().min(1).max(200);

/** A name that tools ask for like a model, and the models that answer for it, best first. */
export const planSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}$/, 'must look like a model slug'),
  candidates: z
    .array(z.strictObject({ model: modelNameSchema, route: localKeyRouteSchema }))
    .min(1)
    .max(5),
  /** `same-or-cheaper`: a later candidate answers only if it costs no more than the first. */
  priceCeiling: z.enum(['same-or-cheaper', 'any']),
  /** Whether an empty account or a spent quota is a reason to ask the next one; `ask` refuses and says how to allow it. */
  onBillingError: z.enum(['off', 'ask', 'on']),
});
export type Plan = z.infer<typeof planSchema>;

const hourSchema = z.int().min(0).max(24);

/** Sends the calls it fits somewhere else than their model name says. The first rule that fits wins. */
export const routingRuleSchema = z.strictObject({
  /** `*` stands for any text. */
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
