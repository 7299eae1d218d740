import { z } from 'zod';
import { event, query } from './define.ts';

/** Current problems, for the banner on every page. */
export const noticeSchema = z.strictObject({
  id: z.string(),
  level: z.enum(['info', 'warning', 'error']),
  title: z.string(),
  text: z.string(),
});
export type Notice = z.infer<typeof noticeSchema>;

export const appContract = {
  'app.status': query({
    input: z.undefined(),
    output: z.strictObject({
      version: z.string(),
      gatewayUrl: z.string(),
      /** The second address, for Ollama's clients, or why there is none; null: it is turned off. */
      ollama: z.strictObject({ url: z.string().nullable(), problem: z.string().nullable() }).nullable(),
      homePath: z.string(),
      startedAtMs: z.int(),
      pid: z.int(),
      mode: z.enum(['sandbox', 'hosted', 'none']),
      /** Which store keeps the secrets, in plain words. */
      secretBackend: z.string(),
      notices: z.array(noticeSchema),
    }),
  }),
  'app.notices-changed': event({ payload: z.strictObject({ notices: z.array(noticeSchema) }) }),
};
