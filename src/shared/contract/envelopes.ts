import { z } from 'zod';
import { envelopeStateSchema, envelopeTermsSchema } from '../domain/envelope.ts';
import { envelopeIdSchema } from '../ids.ts';
import { command, event, query } from './define.ts';

const idInput = z.strictObject({ id: envelopeIdSchema });

export const envelopesContract = {
  /** The oldest first. */
  'envelopes.list': query({ input: z.undefined(), output: z.array(envelopeStateSchema) }),
  /** Counts from now on. */
  'envelopes.create': command({ input: envelopeTermsSchema, output: envelopeStateSchema }),
  /** Takes effect at once, also for requests that wait. What is absent stays. */
  'envelopes.change': command({
    input: idInput
      .extend(envelopeTermsSchema.omit({ scope: true, period: true, timeZone: true }).partial().shape)
      .extend({
        isPaused: z.boolean().optional(),
      }),
    output: envelopeStateSchema,
  }),
  /** Starts the count again, now. Requests in flight stay with what was counted before. */
  'envelopes.reset': command({ input: idInput, output: envelopeStateSchema }),
  'envelopes.remove': command({ input: idInput, output: idInput }),
  /** Its terms or its sums changed; sent at most once a second. */
  'envelopes.changed': event({ payload: z.strictObject({ envelopes: z.array(envelopeStateSchema) }) }),
  /** Sent once a period at each of 50, 80 and 100 percent. */
  'envelopes.warned': event({ payload: z.strictObject({ percent: z.int(), envelope: envelopeStateSchema }) }),
};
