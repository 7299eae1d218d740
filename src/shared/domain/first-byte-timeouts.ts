import { z } from 'zod';

const secondsSchema = z.int().min(5).max(3600);

/**
 * How long a stream may take to begin while another model or credential is left, in seconds, by kind of model. A model
 * that thinks may be silent for minutes; a server of one's own may have to load it first.
 */
export const firstByteTimeoutsSchema = z.strictObject({
  usual: secondsSchema,
  reasoning: secondsSchema,
  local: secondsSchema,
});
export type FirstByteTimeouts = z.infer<typeof firstByteTimeoutsSchema>;

export const standardFirstByteTimeouts: FirstByteTimeouts = { usual: 180, reasoning: 600, local: 900 };
