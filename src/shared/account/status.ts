import { z } from 'zod';
import { modelFamilySchema } from '../domain/model-price.ts';

/** `degraded`: requests are answered, but not as well as they should be. `down`: they are not. */
const healthSchema = z.enum(['operational', 'degraded', 'down']);
export type Health = z.infer<typeof healthSchema>;

/** GET /v1/status: the state of the service, public. */
export const serviceStatusSchema = z.object({
  object: z.literal('status'),
  asOf: z.iso.datetime(),
  status: healthSchema,
  routes: z.array(
    z.object({
      family: modelFamilySchema,
      status: healthSchema,
      /** When a request for this family last succeeded; null: not recently. */
      lastAnswerAt: z.iso.datetime().nullable(),
    }),
  ),
});
export type ServiceStatus = z.infer<typeof serviceStatusSchema>;
