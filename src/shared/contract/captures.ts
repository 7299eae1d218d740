import { z } from 'zod';
import { requestIdSchema } from '../ids.ts';
import { command, event, query } from './define.ts';

const capturedBodySchema = z.strictObject({
  /** Without credentials; null: it is no text. */
  text: z.string().nullable(),
  /** Of the whole body. */
  bytes: z.int(),
  /** Only its beginning is kept. */
  isCut: z.boolean(),
});

/** What a client sent and what it got, as bodies. */
export const captureSchema = z.strictObject({ request: capturedBodySchema, response: capturedBodySchema });
export type Capture = z.infer<typeof captureSchema>;

export const captureSizeSchema = z.strictObject({ count: z.int(), bytes: z.int() });
export type CaptureSize = z.infer<typeof captureSizeSchema>;

export const captureSettingsSchema = z.strictObject({
  /** `errors`: of requests that got no whole answer. */
  of: z.enum(['off', 'errors', 'all']),
  megabytes: z.int().min(1).max(100_000),
  days: z.int().min(1).max(365),
});
export type CaptureSettings = z.infer<typeof captureSettingsSchema>;

export const capturesContract = {
  /** null: the bodies of this request are not kept. */
  'captures.get': query({ input: z.strictObject({ id: requestIdSchema }), output: captureSchema.nullable() }),
  'captures.size': query({ input: z.undefined(), output: captureSizeSchema }),
  'captures.remove': command({ input: z.strictObject({ id: requestIdSchema }), output: z.null() }),
  /** Deletes all of them. */
  'captures.clear': command({ input: z.undefined(), output: z.null() }),
  /** Sent at most once a second. */
  'captures.changed': event({ payload: z.null() }),
};
