import { dayMs } from '#shared/time.ts';
import { z } from 'zod';

/** The input of the dashboard's forms and addresses. */
const text = z
  .string()
  .trim()
  .max(250)
  .transform((value) => (value === '' ? null : value))
  .default(null);

/** How a request can have ended, in the dashboard's words. */
export const endings = {
  completed: 'answered',
  truncated: 'broken off',
  cancelled: 'client left',
  exhausted: 'stopped, money ran out',
  refused: 'refused',
  failed: 'failed',
  interrupted: 'interrupted',
} as const;

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
