import { z } from 'zod';
import { autoTopupSchema } from '../account/auto-topup.ts';
import { receiptReportSchema, statementReportSchema } from '../account/statement-report.ts';
import { requestIdSchema } from '../ids.ts';
import { command, event, query } from './define.ts';

export const defaultAccountBaseUrl = 'https://base.corvusllm.com';

/** What pays for prepaid calls: the built-in play-money service, a hosted account, or nothing. */
export const accountConnectionSchema = z.strictObject({
  mode: z.enum(['sandbox', 'hosted', 'none']),
  baseUrl: z.string().nullable(),
  keyHint: z.string().nullable(),
  /** null until the service was asked. False: it only forwards calls, so balances are estimates. */
  hasAccountApi: z.boolean().nullable(),
  /** False: the key may not read the account's statement, as a member's or one that only buys. null: not known. */
  seesStatement: z.boolean().nullable(),
  /** null: the account offers none, or has not answered. */
  autoTopup: autoTopupSchema.nullable(),
  /** What failed at the last contact; null when all is well. */
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
  /**
   * Checks the local statement and receipts without asking the service, or continues from the last line that was
   * checked.
   */
  'account.verify': query({ input: z.strictObject({ fromStart: z.boolean() }), output: statementReportSchema }),
  /** The same for the receipt of one request. */
  'account.verify-receipt': query({ input: z.strictObject({ id: requestIdSchema }), output: receiptReportSchema }),
  /**
   * Downloads the statement again and accepts it as it is now. Earlier versions of changed lines are kept and no longer
   * reported.
   */
  'account.take-over-statement': command({ input: z.undefined(), output: statementReportSchema }),
  'account.statement-checked': event({ payload: statementReportSchema }),
  'account.changed': event({ payload: accountConnectionSchema }),
};
