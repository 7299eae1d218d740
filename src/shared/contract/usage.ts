import { z } from 'zod';
import { cacheBreakSchema } from '../account/cache-breaks.ts';
import { laneSchema, requestDetailSchema } from '../account/request.ts';
import { localKeyIdSchema } from '../ids.ts';
import { usdTextSchema } from '../money-schemas.ts';
import { query } from './define.ts';
import { unset } from './no-filter.ts';

const valueSchema = z.string().max(512).nullable();

/** What sums are kept by; null: any. */
export const usageFilterSchema = z.strictObject({
  tool: valueSchema,
  model: valueSchema,
  provider: valueSchema,
  lane: laneSchema.or(z.literal(unset)).nullable(),
  project: valueSchema,
  session: valueSchema,
  localKeyId: localKeyIdSchema.or(z.literal(unset)).nullable(),
});
export type UsageFilter = z.infer<typeof usageFilterSchema>;
export type UsageDimension = keyof UsageFilter;

export const usageDimensionSchema = z.enum(['tool', 'model', 'provider', 'lane', 'project', 'session', 'localKeyId']);

/** Days that a person names, today included. */
const namedRanges = ['today', 'yesterday', '24h', '7d', '30d', '90d', 'month', 'last-month'] as const;
/** One of the named ranges, or two days of the person's calendar, both included: `2026-11-01..2026-11-15`. */
export const usageRangeSchema = z
  .enum(namedRanges)
  .or(
    z
      .string()
      .regex(
        /^\d{4}-\d{2}-\d{2}\.\.\d{4}-\d{2}-\d{2}$/,
        `must be ${namedRanges.join(', ')}, or two days as 2026-11-01..2026-11-15`,
      ),
  );
export type UsageRange = z.infer<typeof usageRangeSchema>;

/** Sums over ended requests. */
export const usageSumsSchema = z.strictObject({
  requests: z.int(),
  /** Those without a whole answer, whose callers did not leave. */
  failures: z.int(),
  inputTokens: z.int(),
  /** The part of the input that was read from a prompt cache. */
  cachedTokens: z.int(),
  outputTokens: z.int(),
  cost: usdTextSchema,
  /** What prompt caches saved; below zero if writing cost more than reading saved. */
  cacheSaved: usdTextSchema,
  /** What was paid again because a prompt cache no longer had what was put into it. */
  cacheLost: usdTextSchema,
  /** Requests whose cost is not known: shown beside the sum, never added as zero. */
  unpriced: z.int(),
  /** Means; null where no request has one. */
  totalMs: z.number().nullable(),
  firstByteMs: z.number().nullable(),
});
export type UsageSums = z.infer<typeof usageSumsSchema>;

const spanSchema = z.strictObject({ fromMs: z.int(), toMs: z.int() });
export const usageMeasureSchema = z.enum(['cost', 'requests', 'tokens', 'failures']);
export type UsageMeasure = z.infer<typeof usageMeasureSchema>;

/** The sums of a span at other prices. */
const alternativeSchema = z.strictObject({
  /** null: the models that answered. */
  model: z.string().nullable(),
  /** At whose prices. `as-sent`: each request at those of the lane that it took, where local models are free. */
  at: z.enum(['as-sent', 'prepaid', 'byok']),
  /** null: none of it can be priced. */
  cost: usdTextSchema.nullable(),
  /** The account pays in whole credits, so it would cost this or more, by less than a credit for each request. */
  isAtLeast: z.boolean(),
  /** The requests that are in the cost, and those that have no price there. */
  priced: z.int(),
  notPriced: z.int(),
  /** What those in the cost did cost, as far as it is known; and how many of them cost an unknown amount. */
  was: usdTextSchema,
  wasUnknown: z.int(),
});
export type Alternative = z.infer<typeof alternativeSchema>;

export const usageContract = {
  /** The turns whose beginning a prompt cache no longer had, the dearest first. */
  'usage.cache-breaks': query({
    input: z.strictObject({
      timeZone: z.string(),
      range: usageRangeSchema,
      filter: usageFilterSchema,
      limit: z.int().min(1).max(200),
    }),
    output: z.array(
      requestDetailSchema
        .pick({
          id: true,
          createdAtMs: true,
          tool: true,
          modelRequested: true,
          session: true,
          inputTokens: true,
          cacheBreak: true,
        })
        .extend({ cacheBreak: cacheBreakSchema }),
    ),
  }),

  /**
   * The dearest values of a dimension first, each with what it was in the period before. Days are those of `timeZone`,
   * an IANA name.
   */
  'usage.report': query({
    input: z.strictObject({
      timeZone: z.string(),
      range: usageRangeSchema,
      by: usageDimensionSchema,
      filter: usageFilterSchema,
      sort: usageMeasureSchema,
      /** null: every value, for a file. */
      limit: z.int().min(1).max(1_000).nullable(),
    }),
    output: z.strictObject({
      /** Ends with its last day, even if that is in the future. */
      span: spanSchema,
      /** As long as what has passed of the span. */
      before: spanSchema,
      total: usageSumsSchema,
      totalBefore: usageSumsSchema,
      rows: z.array(z.strictObject({ value: z.string(), sums: usageSumsSchema, before: usageSumsSchema })),
      /** Values beyond `limit`. */
      more: z.int(),
      /** Hours or days, oldest first, each with the values that had requests in it. */
      buckets: z.array(
        spanSchema.extend({
          total: usageSumsSchema,
          parts: z.array(
            z.strictObject({
              value: z.string(),
              cost: usdTextSchema,
              requests: z.int(),
              tokens: z.int(),
              failures: z.int(),
            }),
          ),
        }),
      ),
    }),
  }),
  /** A month's expenses as a PDF file: by lane, tool, model and day, and what moved the prepaid account. */
  'usage.month-file': query({
    input: z.strictObject({
      timeZone: z.string(),
      month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-11'),
    }),
    output: z.strictObject({ name: z.string(), base64: z.string() }),
  }),
  /**
   * What the requests of a span would have cost at today's prices, on each lane, and on another model. Their token counts
   * stay those of the models that answered. History itself keeps the prices of its day.
   */
  'usage.what-if': query({
    input: z.strictObject({
      timeZone: z.string(),
      range: usageRangeSchema,
      filter: usageFilterSchema,
      model: z.string().max(512).nullable(),
    }),
    output: z.strictObject({
      span: spanSchema,
      /** Requests that consumed something: of known usage, and of unknown, which no price can be put on. */
      metered: z.int(),
      unmetered: z.int(),
      alternatives: z.array(alternativeSchema),
      /** Of the prices for own keys, and of the account's. */
      catalogueVersion: z.string(),
      accountVersion: z.string(),
    }),
  }),
};
