import { z } from 'zod';
import { toolIdSchema } from '../domain/tool.ts';
import { requestIdSchema } from '../ids.ts';
import { usdTextSchema } from '../money-schemas.ts';
import { command, query } from './define.ts';

/** What can be wrong, by what a person would do about it. */
export const diagnosisSchema = z.enum([
  'healthy',
  'invalid-key',
  'wrong-endpoint',
  'model-not-found',
  'context-too-long',
  'rate-limited',
  'out-of-balance',
  'another-key',
  'limit-reached',
  'clock-wrong',
  'tool-points-elsewhere',
  'port-taken',
  'proxy-or-certificate',
  'offline',
  'outage',
  'not-running',
  'not-set-up',
  'request-refused',
  'storage',
  'unknown',
]);
export type Diagnosis = z.infer<typeof diagnosisSchema>;

export const verdictSchema = z.strictObject({
  diagnosis: diagnosisSchema,
  /** Which part fails: the tool, Corvus, the network, the account, or a provider. */
  layer: z.enum(['none', 'tool', 'corvus', 'network', 'account', 'provider']),
  sentence: z.string(),
  /** What was seen, one fact each. */
  proof: z.array(z.string()),
  /** What to do; null where nothing is. `page` is where in the app. */
  next: z.strictObject({ text: z.string(), page: z.string().nullable() }).nullable(),
});
export type Verdict = z.infer<typeof verdictSchema>;

/** What a small request can have beside its text. `none`: the smallest request that there is. */
export const trialFeatureSchema = z.enum(['none', 'streaming', 'system', 'tools', 'pictures', 'reasoning']);
export type TrialFeature = z.infer<typeof trialFeatureSchema>;

const trialSchema = z.strictObject({
  feature: trialFeatureSchema,
  /** `left-out`: the smallest request failed already, or it might have cost too much. */
  outcome: z.enum(['works', 'fails', 'left-out']),
  text: z.string(),
  requestId: requestIdSchema.nullable(),
});
export type Trial = z.infer<typeof trialSchema>;

const requestInputSchema = z.strictObject({ requestId: requestIdSchema });

export const doctorContract = {
  /**
   * What `doctor.try` would send, and the most that it can cost; `most` null: the price is not known, so only the
   * smallest request is sent.
   */
  'doctor.trial-cost': query({
    input: requestInputSchema,
    output: z.strictObject({
      model: z.string(),
      features: z.array(trialFeatureSchema),
      most: usdTextSchema.nullable(),
    }),
  }),
  /**
   * Sends the smallest request for the model of one request, by the same route, then the same with one feature each:
   * for less than a cent.
   */
  'doctor.try': command({
    input: requestInputSchema,
    output: z.strictObject({
      model: z.string(),
      trials: z.array(trialSchema),
      /** What can be spent of the prepaid balance, before and after; null: nothing prepaid was asked. */
      balance: z.strictObject({ before: usdTextSchema, after: usdTextSchema }).nullable(),
      conclusion: z.string(),
    }),
  }),
  /** What support needs to know of a request, without keys, prompts and names of folders. */
  'doctor.packet': query({
    input: requestInputSchema,
    output: z.strictObject({ fields: z.array(z.strictObject({ name: z.string(), value: z.string() })) }),
  }),
  /**
   * Says which layer fails, and why: of one failed request, of one tool, or of the set-up, whose account and providers
   * are asked. Each provider's test costs at most one token.
   */
  'doctor.run': command({
    input: z.strictObject({ requestId: requestIdSchema.nullable(), toolId: toolIdSchema.nullable() }),
    output: z.strictObject({
      verdict: verdictSchema,
      checks: z.array(z.strictObject({ name: z.string(), isWell: z.boolean(), text: z.string() })),
    }),
  }),
};
