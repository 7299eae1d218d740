import { z } from 'zod';
import { toolLoopSchema } from '../domain/tool-loop.ts';
import { command, event, query } from './define.ts';

const loopList = z.array(toolLoopSchema);

export const loopsContract = {
  /** Loops of the last hour, the newest first. */
  'loops.list': query({ input: z.undefined(), output: loopList }),
  /** This loop passes from now on. */
  'loops.let-through': command({
    input: z.strictObject({ id: z.string() }),
    output: z.strictObject({ isKnown: z.boolean() }),
  }),
  'loops.changed': event({ payload: z.strictObject({ loops: loopList }) }),
};
