import fc from 'fast-check';

/** How a request goes: reserved, perhaps extended, then ended in some way, perhaps by two writers at once. */
export interface Spend {
  do: 'spend';
  account: number;
  instance: number;
  wanted: number;
  minimum: number;
  grow: number;
  cost: number;
  isEstimate: boolean;
  end: 'settle' | 'release' | 'settle-twice' | 'settle-and-release' | 'abandon';
}

export type Step =
  | Spend
  | { do: 'top-up'; account: number; instance: number; cents: number; times: number }
  | { do: 'refund'; order: number; cents: number; isRepeated: boolean }
  | { do: 'dispute'; order: number; status: 'needs_response' | 'won' | 'lost' }
  | { do: 'grant'; account: number; amount: number };

/** What happens alone, between races. */
export type Pause =
  | { do: 'cap'; account: number; limit: number | null }
  | { do: 'crash'; instance: number }
  | { do: 'expire' };

export interface Race {
  steps: Step[];
  afterwards: Pause | null;
}

const account = fc.nat({ max: 1 });
const instance = fc.nat({ max: 2 });
const money = fc.integer({ min: 1, max: 40_000_000 });
const cents = fc.integer({ min: 1, max: 12 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('spend' as const),
      account,
      instance,
      wanted: money,
      minimum: fc.integer({ min: 0, max: 5_000_000 }),
      grow: fc.oneof(fc.constant(0), money),
      cost: fc.oneof(fc.constant(0), money),
      isEstimate: fc.boolean(),
      end: fc.constantFrom(
        'settle' as const,
        'settle' as const,
        'release' as const,
        'settle-twice' as const,
        'settle-and-release' as const,
        'abandon' as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('top-up' as const),
      account,
      instance,
      cents,
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('refund' as const), order: fc.nat(), cents, isRepeated: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('dispute' as const),
      order: fc.nat(),
      status: fc.constantFrom('needs_response' as const, 'won' as const, 'lost' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grant' as const), account, amount: money }) },
);

const pause: fc.Arbitrary<Pause | null> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('cap' as const),
      account,
      limit: fc.option(fc.integer({ min: 0, max: 60_000_000 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), instance }) },
  { weight: 1, arbitrary: fc.constant({ do: 'expire' as const }) },
);

/** Steps of one race run at once, on the instances they name. */
export const races = fc.array(fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 6 }), afterwards: pause }), {
  minLength: 1,
  maxLength: 5,
});
