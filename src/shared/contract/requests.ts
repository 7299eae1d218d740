import { z } from 'zod';
import { refusedCallsSchema } from '../domain/refused-calls.ts';
import {
  chargeMatchSchema,
  requestDetailSchema,
  requestStatusSchema,
  requestSummarySchema,
} from '../account/request.ts';
import { envelopeIdSchema, requestIdSchema } from '../ids.ts';
import { event, query } from './define.ts';
import { usageFilterSchema, usageSumsSchema } from './usage.ts';

/** `ended`: every status but `open`. `failures`: no whole answer, and the caller did not leave by itself. */
export const statusFilterSchema = z.enum([...requestStatusSchema.options, 'ended', 'failures']);
export type StatusFilter = z.infer<typeof statusFilterSchema>;

export const matchFilterSchema = z.enum([...chargeMatchSchema.options, 'faulty']);
export type MatchFilter = z.infer<typeof matchFilterSchema>;

export const requestFilterSchema = usageFilterSchema.extend({
  status: statusFilterSchema.nullable(),
  agent: z.string().max(512).nullable(),
  /**
   * `unknown`: ended and paid for, and nothing says how much. `lost-cache`: a prompt cache no longer had what was put
   * into it.
   */
  cost: z.enum(['unknown', 'lost-cache']).nullable(),
  /** One of the envelopes that it counts against. */
  envelopeId: envelopeIdSchema.nullable(),
  /** How meter, receipt and ledger agree. `faulty`: they do not. */
  match: matchFilterSchema.nullable(),
  /** A tag's name, or its name and value as `name=value`. */
  tag: z.string().max(512).nullable(),
  /** Matches the start of a request id, or any part of a model slug. */
  search: z.string().max(200).nullable(),
  fromMs: z.int().nullable(),
  toMs: z.int().nullable(),
});
export type RequestFilter = z.infer<typeof requestFilterSchema>;

export const requestsContract = {
  /** Newest first. `cursor` is the last id of the page before (keyset paging). */
  'requests.list': query({
    input: z.strictObject({
      filter: requestFilterSchema,
      cursor: z.string().nullable(),
      limit: z.int().min(1).max(500),
    }),
    output: z.strictObject({ rows: z.array(requestSummarySchema), nextCursor: z.string().nullable() }),
  }),
  /** The same with all that is known of each request but its parts: for files. */
  'requests.export': query({
    input: z.strictObject({
      filter: requestFilterSchema,
      cursor: z.string().nullable(),
      limit: z.int().min(1).max(200),
    }),
    output: z.strictObject({ rows: z.array(requestDetailSchema), nextCursor: z.string().nullable() }),
  }),
  'requests.get': query({ input: z.strictObject({ id: requestIdSchema }), output: requestDetailSchema }),
  /** Sums over the requests that a list with this filter shows. */
  'requests.sum': query({
    input: z.strictObject({ filter: requestFilterSchema }),
    output: usageSumsSchema.extend({ /** Requests in flight, which are in no sum. */ open: z.int() }),
  }),
  /** The values that occur and can be filtered by. */
  'requests.facets': query({
    input: z.undefined(),
    output: z.strictObject({
      models: z.array(z.string()),
      providers: z.array(z.string()),
      tools: z.array(z.string()),
      projects: z.array(z.string()),
      /** Whether a charge could be matched with what was metered here. */
      hasCharges: z.boolean(),
    }),
  }),
  /** Requests by how their charge agrees, without those of which too little is known. Takes longer the more there are. */
  'requests.matches': query({ input: z.undefined(), output: z.partialRecord(chargeMatchSchema, z.int()) }),
  /** Refused calls without a valid key or a known path, or about a stored answer, which have no rows. */
  'requests.refusals': query({ input: z.undefined(), output: refusedCallsSchema }),
  /** A request began, ended, or was settled: its current row. */
  'requests.changed': event({ payload: z.strictObject({ rows: z.array(requestSummarySchema) }) }),
  /** A call without a valid key was counted; reported at most once a second. */
  'requests.refused': event({ payload: z.strictObject({ atMs: z.int() }) }),
};
