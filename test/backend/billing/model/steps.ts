import fc from 'fast-check';

/** How a checkout differs from what was ordered. */
export const deviations = ['none', 'tax', 'other amount', 'discount', 'other currency'] as const;
export type Deviation = (typeof deviations)[number];

/** What is newest, mostly: a life is found in which one thing follows another. */
const pick = fc.nat({ max: 3 });
/** All of it, or a part. */
const cents = fc.oneof(fc.constant(2_400), fc.integer({ min: 1, max: 2_400 }));

/** What people, banks, Stripe, operators and machines do. `pick` counts back from the newest that there is. */
export const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('order' as const),
      deviation: fc.constantFrom(...deviations),
      // By hand, before anything is paid.
      isSettled: fc.nat({ max: 2 }).map((number) => number === 0),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pay' as const),
      pick,
      how: fc.constantFrom('card' as const, 'card' as const, 'later' as const, 'declined' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('bank' as const), pick, hasWorked: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('automatic' as const),
      card: fc.constantFrom('ok' as const, 'ok' as const, 'processing' as const, 'card_declined' as const),
      // Rarely: the client tries again for a second.
      isAnswerLost: fc.nat({ max: 9 }).map((number) => number === 0),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('refund' as const), pick, cents }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail refund' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('dispute' as const), pick, cents, isInquiry: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('move dispute' as const),
      pick,
      status: fc.constantFrom('needs_response', 'under_review', 'won', 'lost', 'warning_closed'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), pick, times: fc.constantFrom(1, 1, 2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconcile' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 12, 26) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('settle' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pay back' as const), pick }) },
);
export type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
