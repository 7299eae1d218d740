import { z } from 'zod';
import { command, event, query } from './define.ts';

export const defaultAccountBaseUrl = 'https://base.corvusllm.com';

/** What buys prepaid calls: the built-in play-money service, a hosted account, or nothing. */
export const accountConnectionSchema = z.strictObject({
  mode: z.enum(['sandbox', 'hosted', 'none']),
  baseUrl: z.string().nullable(),
  keyHint: z.string().nullable(),
  /** null until the service was asked. False: it forwards, but balances are estimates. */
  hasAccountApi: z.boolean().nullable(),
  /** What went wrong at the last contact; null when all is well. */
  problem: z.string().nullable(),
});
export type AccountConnection = z.infer<typeof accountConnectionSchema>;

export const accountContract = {
  'account.get': query({ input: z.undefined(), output: accountConnectionSchema }),
  /** Checks the key against the service before it is stored; a refused key changes nothing. */
  'account.connect': command({
    input: z.strictObject({ baseUrl: z.url({ protocol: /^https?$/ }), customerKey: z.string().trim().min(8).max(512) }),
    output: accountConnectionSchema,
  }),
  'account.use-sandbox': command({ input: z.undefined(), output: accountConnectionSchema }),
  'account.disconnect': command({ input: z.undefined(), output: accountConnectionSchema }),
  'account.changed': event({ payload: accountConnectionSchema }),
};
