import { customerKeyInputSchema, type KeyLimits, keyLimitsSchema } from '#shared/account/keys.ts';
import { workspaceChangeSchema } from '#shared/account/workspace.ts';
import { z } from 'zod';
import { topupPackages } from '#shared/account/orders.ts';

/** What the dashboard's forms and addresses take in. */
const text = z
  .string()
  .trim()
  .max(250)
  .transform((value) => (value === '' ? null : value))
  .default(null);

/** How a request can have ended, in the words of the dashboard. */
export const endings = {
  completed: 'answered',
  truncated: 'broken off',
  cancelled: 'client left',
  exhausted: 'stopped, money ran out',
  refused: 'refused',
  failed: 'failed',
  interrupted: 'interrupted',
} as const;

const dayMs = 86_400_000;
const day = z
  .union([z.literal(''), z.iso.date()])
  .transform((value) => (value === '' ? null : Date.parse(value)))
  .default(null);

export const requestSearchSchema = z.object({
  model: text,
  status: z
    .enum(['', ...Object.keys(endings)])
    .transform((value) => (value === '' ? null : value))
    .default(null),
  key: text,
  from: day,
  /** The last day, included. */
  to: day.transform((ms) => (ms === null ? null : ms + dayMs)),
  before: z
    .string()
    .regex(/^\d{1,15}-\w{1,64}$/, 'must be what the link to older requests says')
    .transform((value) => {
      const [ms = '', id = ''] = value.split('-');
      return { settledAtMs: BigInt(ms), id };
    })
    .nullable()
    .default(null),
});

export const spendRanges = ['7', '30', '90', '365'] as const;
export const spendSchema = z.object({
  days: z.enum(spendRanges).default('30').transform(Number),
  by: z.enum(['day', 'model']).default('day'),
});

export const topupFormSchema = z.object({
  choice: z.enum([...topupPackages.map(({ id }) => id), 'other']),
  amount: z.string().trim().default(''),
  savePaymentMethod: z.literal('on').optional(),
});

export const autoTopupFormSchema = z.object({
  enabled: z
    .literal('on')
    .optional()
    .transform((value) => value === 'on'),
  threshold: z.string().trim(),
  amount: z.string().trim(),
  monthlyCap: z.string().trim(),
});

const optional = z
  .string()
  .trim()
  .transform((value) => (value === '' ? null : value))
  .default(null);
const optionalCount = optional.transform((value) => (value === null ? null : Number(value)));

/** The limits of a key as a form has them: empty is none; models with commas or lines between; the end by UTC. */
const limitFields = {
  requestsPerMinute: optionalCount,
  tokensPerMinute: optionalCount,
  dailyCap: optional,
  weeklyCap: optional,
  monthlyCap: optional,
  models: optional.transform((value) => value?.split(/[,\n]/).flatMap((model) => (model.trim() === '' ? [] : [model.trim()])) ?? null),
  expiresAt: optional.transform((value) => (value === null ? null : `${value.slice(0, 16)}:00Z`)),
};

/** All limits together; none at all is no limits. */
function limitsIn(limits: KeyLimits): KeyLimits | null {
  return Object.values(limits).every((value) => value === null) ? null : limits;
}

const { label, scope } = customerKeyInputSchema.shape;
const keyFields = z.object({ label: z.string().default(''), scope: z.string().optional(), ...limitFields });

/** A form's fields, as the API has them. A form leaves out a box that is not ticked. */
function shapeKey(form: unknown): object {
  const { label: text, scope: ticked, ...limits } = keyFields.parse(form);
  return { label: text, limits, ...(ticked === undefined ? {} : { scope: ticked }) };
}

const limits = keyLimitsSchema.transform(limitsIn);
export const keyFormSchema = z.preprocess(shapeKey, z.object({ label, scope, limits }));
export const keyChangeFormSchema = z.preprocess(shapeKey, z.object({ label, limits }));

export const workspaceFormSchema = z.object({ name: optional }).pipe(workspaceChangeSchema);
