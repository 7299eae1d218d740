import { z } from 'zod';
import { laneSchema } from '../account/request.ts';
import { dialectSchema } from '../domain/dialect.ts';
import { planModeSchema } from '../domain/routing.ts';
import { localKeyIdSchema } from '../ids.ts';
import { usdTextSchema } from '../money-schemas.ts';
import { query } from './define.ts';

/** The dialects whose bodies can be estimated. */
export const estimatedDialectSchema = dialectSchema.extract([
  'openai-chat',
  'openai-completions',
  'openai-embeddings',
  'openai-responses',
  'anthropic-messages',
  'gemini',
]);
export type EstimatedDialect = z.infer<typeof estimatedDialectSchema>;

const rangeSchema = z.strictObject({ low: usdTextSchema, high: usdTextSchema });

const placeSchema = z.strictObject({
  /** null: nothing here serves the model; the price is the catalogue's. */
  lane: laneSchema.nullable(),
  /** A provider's id, or `account`. */
  provider: z.string(),
  /** The request's own, or one of its plan. */
  model: z.string(),
  /** A request would be sent here first. */
  isNext: z.boolean(),
  /** Its own list has the model. False: it may serve it. */
  isListed: z.boolean(),
  /** null: the price is not known, which is not the same as free. */
  cost: z
    .strictObject({
      /** With nothing of it in a prompt cache. */
      input: usdTextSchema,
      /** With all but the newest turn in it; null: it is not cached, or nothing says at what price. */
      cachedInput: usdTextSchema.nullable(),
      /** Of input and output; null: nothing is known of the output. */
      cold: rangeSchema.nullable(),
      warm: rangeSchema.nullable(),
      /** What an envelope without another limit holds for it: an answer as long as it may be. */
      most: usdTextSchema,
    })
    .nullable(),
});

export const estimateSchema = z.strictObject({
  model: z.string(),
  dialect: estimatedDialectSchema,
  /** null: a model was named. Where several models answer, each place is paid. */
  plan: z.strictObject({ name: z.string(), mode: planModeSchema }).nullable(),
  input: z.strictObject({
    tokens: z.int(),
    /** Of these, what stands before the newest turn. */
    prefixTokens: z.int(),
    /** Which tokenizer counted; null: estimated from the size in bytes. */
    tokenizer: z.string().nullable(),
    /** Not all of it was counted: it is estimated from bytes, or has pictures or sound. */
    isEstimate: z.boolean(),
  }),
  /** From answers that this model gave here; null: too few, or they were never counted. */
  output: z
    .strictObject({
      /** Tokens of the 10th, the 50th and the 90th of a hundred. */
      low: z.int(),
      median: z.int(),
      high: z.int(),
      requests: z.int(),
      /** Whose answers they were: of this key, of this tool, of anyone. */
      from: z.enum(['key', 'tool', 'model']),
    })
    .nullable(),
  /** The request's own limit of its output; null: none. */
  outputLimit: z.int().nullable(),
  places: z.array(placeSchema),
  catalogueVersion: z.string(),
});
export type Estimate = z.infer<typeof estimateSchema>;

export const estimatesContract = {
  /** What a request would cost, everywhere it could go. Nothing is sent, and no money is held. */
  'estimates.make': query({
    input: z.strictObject({
      /** The body of a call, as JSON text. */
      body: z.string(),
      /** null: by its `dialect` member, else by its shape. */
      dialect: estimatedDialectSchema.nullable(),
      /** Whose answers say how long this one may be, and whose route counts; null: no key's. */
      localKeyId: localKeyIdSchema.nullable(),
      tool: z.string().max(512).nullable(),
    }),
    output: estimateSchema,
  }),
};
