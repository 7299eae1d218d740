import { z } from 'zod';
import { usdTextSchema } from '../money-schemas.ts';

/** GET /v1/account/usage?start=&end=&groupBy=day|model : sums of settled requests. */
export const usageReportSchema = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      day: z.iso.date().nullable(),
      model: z.string().nullable(),
      requests: z.int(),
      inputTokens: z.int(),
      outputTokens: z.int(),
      cost: usdTextSchema,
    }),
  ),
});
