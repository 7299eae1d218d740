import { z } from 'zod';
import { refusedCallsSchema } from '../domain/refused-calls.ts';
import { laneSchema, requestDetailSchema, requestStatusSchema, requestSummarySchema } from '../account/request.ts';
import { localKeyIdSchema, requestIdSchema } from '../ids.ts';
import { event, query } from './define.ts';

export const requestFilterSchema = z.strictObject({
  lane: laneSchema.nullable(),
  status: requestStatusSchema.nullable(),
  model: z.string().nullable(),
  localKeyId: localKeyIdSchema.nullable(),
  provider: z.string().nullable(),
  /** Matches the start of a request id, or any part of a model slug. */
  search: z.string().max(200).nullable(),
  fromMs: z.int().nullable(),
  toMs: z.int().nullable(),
});
export type RequestFilter = z.infer<typeof requestFilterSchema>;

export const noFilter: RequestFilter = {
  lane: null,
  status: null,
  model: null,
  localKeyId: null,
  provider: null,
  search: null,
  fromMs: null,
  toMs: null,
};

export const requestsContract = {
  /** Newest first. `cursor` is the last id of the page before (keyset paging). */
  'requests.list': query({
    input: z.strictObject({ filter: requestFilterSchema, cursor: z.string().nullable(), limit: z.int().min(1).max(500) }),
    output: z.strictObject({ rows: z.array(requestSummarySchema), nextCursor: z.string().nullable() }),
  }),
  'requests.get': query({ input: z.strictObject({ id: requestIdSchema }), output: requestDetailSchema }),
  /** The values that occur and can be filtered by. */
  'requests.facets': query({
    input: z.undefined(),
    output: z.strictObject({ models: z.array(z.string()), providers: z.array(z.string()), total: z.int() }),
  }),
  /** Calls without a valid key or a known path, which have no rows. */
  'requests.refusals': query({ input: z.undefined(), output: refusedCallsSchema }),
  /** A request began, ended, or was settled: its current row. */
  'requests.changed': event({ payload: z.strictObject({ rows: z.array(requestSummarySchema) }) }),
  /** A call without a valid key was counted; reported at most once a second. */
  'requests.refused': event({ payload: z.strictObject({ atMs: z.int() }) }),
};
