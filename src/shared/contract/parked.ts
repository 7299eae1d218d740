import { z } from 'zod';
import { parkedRequestSchema } from '../domain/parked-request.ts';
import { requestIdSchema } from '../ids.ts';
import { command, event, query } from './define.ts';

const parkedList = z.array(parkedRequestSchema);

export const parkedContract = {
  /** Requests that wait for money, the oldest first. */
  'parked.list': query({ input: z.undefined(), output: parkedList }),
  /** Ends the wait: the request is refused now. False: it does not wait any more. */
  'parked.refuse': command({
    input: z.strictObject({ id: requestIdSchema }),
    output: z.strictObject({ hasWaited: z.boolean() }),
  }),
  'parked.changed': event({ payload: z.strictObject({ requests: parkedList }) }),
};
