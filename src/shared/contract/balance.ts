import { z } from 'zod';
import { balanceSchema } from '../domain/balance.ts';
import { usdTextSchema } from '../money.ts';
import { event, query } from './define.ts';

const spendSchema = z.strictObject({
  fromMs: z.int(),
  /** Taken from the account. */
  prepaid: usdTextSchema,
  /** Billed by providers directly: Corvus's own estimate. */
  byokEstimate: usdTextSchema,
  requests: z.int(),
  /** Requests whose cost is not known: shown beside the sum, never added as zero. */
  unpriced: z.int(),
});

export const balanceContract = {
  /** `refresh` asks the account first instead of answering from the mirror. */
  'balance.get': query({ input: z.strictObject({ refresh: z.boolean() }), output: balanceSchema }),

  /** Days and months are the viewer's: `timeZone` is an IANA name. */
  'balance.spend': query({
    input: z.strictObject({ timeZone: z.string() }),
    output: z.strictObject({
      today: spendSchema,
      month: spendSchema,
      /**
       * Days until the balance is used up at the pace of the last seven days; null when nothing was spent or the
       * balance is not known.
       */
      runwayDays: z.number().nullable(),
    }),
  }),

  'balance.changed': event({ payload: balanceSchema }),
};
