import { z } from 'zod';
import { toolIdSchema } from '../domain/tool.ts';
import { requestIdSchema } from '../ids.ts';
import { command } from './define.ts';

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

export const doctorContract = {
  /**
   * Says which layer fails, and why: of one failed request, of one tool, or of the set-up, whose account and providers are asked. Each provider's
   * test costs at most one token.
   */
  'doctor.run': command({
    input: z.strictObject({ requestId: requestIdSchema.nullable(), toolId: toolIdSchema.nullable() }),
    output: z.strictObject({
      verdict: verdictSchema,
      checks: z.array(z.strictObject({ name: z.string(), isWell: z.boolean(), text: z.string() })),
    }),
  }),
};
