import { z } from 'zod';
import { localKeyLimitsSchema, localKeyRouteSchema, localKeySchema } from '../domain/local-key.ts';
import { localKeyIdSchema } from '../ids.ts';
import { command, event, query } from './define.ts';

export const keysContract = {
  'keys.list': query({ input: z.undefined(), output: z.array(localKeySchema) }),
  /** The only reply that contains the secret; it cannot be read again. */
  'keys.create': command({
    input: z.strictObject({
      label: z.string().trim().min(1).max(80),
      route: localKeyRouteSchema,
      limits: localKeyLimitsSchema.exactOptional(),
    }),
    output: z.strictObject({ key: localKeySchema, secret: z.string() }),
  }),
  /** Takes effect with the next call. */
  'keys.set-limits': command({
    input: z.strictObject({ id: localKeyIdSchema, limits: localKeyLimitsSchema }),
    output: localKeySchema,
  }),
  /** Takes effect with the next call. */
  'keys.set-attribution': command({
    input: z.strictObject({ id: localKeyIdSchema, isSteady: z.boolean() }),
    output: localKeySchema,
  }),
  'keys.revoke': command({ input: z.strictObject({ id: localKeyIdSchema }), output: localKeySchema }),
  'keys.changed': event({ payload: z.strictObject({ ids: z.array(z.string()) }) }),
};
