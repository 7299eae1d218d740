import { z } from 'zod';
import { parkedRequestSchema } from '../account/parked-request.ts';
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
  /** Sends the request to the other place that it was offered. False: it does not wait any more, or has no offer. */
  'parked.switch': command({
    input: z.strictObject({ id: requestIdSchema }),
    output: z.strictObject({ isSent: z.boolean() }),
  }),
  'parked.changed': event({ payload: z.strictObject({ requests: parkedList }) }),
};
