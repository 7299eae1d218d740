import { z } from 'zod';
import { balanceSchema } from '../domain/balance.ts';
import { usdTextSchema } from '../money-schemas.ts';
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
      /** What the prepaid account costs, since it was connected. */
      pace: z.strictObject({
        /** Of the last three hours. */
        lastHours: usdTextSchema,
        /** The mean of a day, the last ones first of all; null: there are fewer than three. */
        perDay: usdTextSchema.nullable(),
        /** Days of the last four weeks from the first that cost something. */
        days: z.int(),
      }),
      /**
       * Days that the balance lasts, in eight of ten cases within the range; null: too little was spent, or the balance
       * is not known.
       */
      lasts: z
        .strictObject({
          shortestDays: z.number(),
          likelyDays: z.number(),
          /** null: no end can be told. */
          longestDays: z.number().nullable(),
        })
        .nullable(),
    }),
  }),

  'balance.changed': event({ payload: balanceSchema }),
};
