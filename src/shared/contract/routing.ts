import { z } from 'zod';
import { routingSchema } from '../domain/routing.ts';
import { command, event, query } from './define.ts';

export const routingContract = {
  'routing.get': query({ input: z.undefined(), output: routingSchema }),
  /** Replaces all plans and rules. */
  'routing.set': command({ input: routingSchema, output: routingSchema }),
  'routing.changed': event({ payload: routingSchema }),
};
