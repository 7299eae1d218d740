import { z } from 'zod';
import { longestLink } from '../domain/import-link.ts';
import { toolIdSchema } from '../domain/tool.ts';
import { command, event, query } from './define.ts';

/** What a link wants to set, as a person sees it before anything is: keys are masked. */
export const pendingLinkSchema = z.strictObject({
  id: z.string(),
  /**
   * `account`, `provider`: it is applied when the person says so. `tool`: its changes are shown first, as for any tool.
   */
  kind: z.enum(['account', 'provider', 'tool']),
  title: z.string(),
  facts: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  warnings: z.array(z.string()),
  toolId: toolIdSchema.nullable(),
});
export type PendingLink = z.infer<typeof pendingLinkSchema>;

const idSchema = z.strictObject({ id: z.string().max(64) });

export const linksContract = {
  /**
   * Reads a `corvusllm://` link and holds it until the person accepts or dismisses it. A newer link takes its place.
   */
  'links.open': command({ input: z.strictObject({ link: z.string().max(longestLink) }), output: pendingLinkSchema }),
  'links.pending': query({ input: z.undefined(), output: pendingLinkSchema.nullable() }),
  /** Applies the link that was shown. Returns what was done, in a sentence. */
  'links.accept': command({ input: idSchema, output: z.strictObject({ done: z.string() }) }),
  'links.dismiss': command({ input: idSchema, output: z.strictObject({ id: z.string() }) }),
  'links.changed': event({ payload: z.strictObject({ id: z.string().nullable() }) }),
};
