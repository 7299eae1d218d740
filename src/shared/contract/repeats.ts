import { z } from 'zod';
import { repeatTotalsSchema } from '../domain/repeat.ts';
import { requestIdSchema } from '../ids.ts';
import { command, event, query } from './define.ts';

export const repeatsContract = {
  /** What was answered here because it had been refused before, as long as requests are kept. */
  'repeats.list': query({ input: z.undefined(), output: repeatTotalsSchema }),
  /** The next one like it is sent. False: it would have been anyway. */
  'repeats.let-through': command({
    input: z.strictObject({ id: requestIdSchema }),
    output: z.strictObject({ wasHeld: z.boolean() }),
  }),
  /** Sent at most once a second. */
  'repeats.changed': event({ payload: repeatTotalsSchema }),
};
