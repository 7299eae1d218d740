import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPrepaidRoom, type EndSent } from '#core/envelopes/prepaid-room.ts';
import { limitWithin, type PricedSize } from '#core/envelopes/size-call.ts';
import type { AccountFigure } from '#shared/account/account-figure.ts';
import { testPrice } from '../../support/test-price.ts';
import { type RequestId, requestIdSchema } from '#shared/ids.ts';
import { nanoUsd } from '#shared/money.ts';
import { accountModel, type Step } from './account-model.ts';

const price = testPrice();
/** Nano-dollars for a token. */
const [inputRate, outputRate] = [1_000n, 2_000n];

interface Asked {
  inputTokens: number;
  /** Its output limit, all of which the model uses. */
  tokens: number;
  /** The client leaves, or the upstream breaks off, before anything was said. */
  isLost: boolean;
}

interface Sent extends Asked {
  id: RequestId;
  inputCost: bigint;
  limit: number | null;
  /** The balance, as it is known here, pays for all that it may say. */
  isPromised: boolean;
  end: EndSent;
  hasArrived: boolean;
  isSeen: boolean;
}

/** The app and the account, with every message between them under way for as long as the test wants. */
function appAndAccount(balance: bigint, asked: readonly Asked[], { isOneAtATime = false, firstTokens = 64 } = {}) {
  const account = accountModel(balance, outputRate, firstTokens);
  let nowMs = 0;
  /** Its stream has died, and it is not known yet. */
  let isSilent = false;
  let figure: AccountFigure = totals(balance, 0n, 0);
  const room = createPrepaidRoom(
    () => figure,
    () => nowMs,
  );
  const sent: Sent[] = [];

  function send(call: Asked): void {
    const id = requestIdSchema.parse(`req_0199f3f7c0de7aaabbbbccccdddd${String(sent.length).padStart(4, '0')}`);
    const inputCost = BigInt(call.inputTokens) * inputRate;
    const left = room.left() ?? nanoUsd(0n);
    const limit = limitWithin(left, sizeOf(call, inputCost));
    const isPromised = limit !== null || inputCost + BigInt(call.tokens) * outputRate <= left;
    const facts = { inputTokenEstimate: call.inputTokens, maxOutputTokens: call.tokens, choices: 1 };
    const end = room.sent(id, facts, price);
    sent.push({ ...call, id, inputCost, limit, isPromised, end, hasArrived: false, isSeen: false });
  }

  function arrive(call: Sent): void {
    call.hasArrived = true;
    account.receive({ ...call, tokens: call.limit ?? call.tokens });
  }

  function see(call: Sent): void {
    call.isSeen = true;
    call.end(call.isLost ? null : nanoUsd(account.chargeOf(call.id) ?? 0n));
  }

  function hear(): void {
    const message = account.next();
    if (message?.kind === 'line') room.charged([message]);
    if (message?.kind === 'totals') figure = totals(message.spendable, message.held, message.sequence);
    figure = { ...figure, confirmedAtMs: nowMs };
  }

  /** It is asked again, and says all that it knows. */
  function speak(): void {
    isSilent = false;
    account.read();
    while (account.hasMessages()) hear();
  }

  function steps(): Step[] {
    const next = asked[sent.length];
    const mayBegin = next && !(isOneAtATime && sent.some(({ isSeen }) => !isSeen));
    return [
      ...(mayBegin ? [{ name: 'send', run: () => send(next) }] : []),
      ...sent
        .filter(({ hasArrived }) => !hasArrived)
        .map((call) => ({ name: `arrive ${call.id}`, run: () => arrive(call) })),
      ...account.steps(),
      ...sent
        .filter(({ id, isSeen }) => !isSeen && account.chargeOf(id) !== null)
        .map((call) => ({ name: `see ${call.id}`, run: () => see(call) })),
      ...(account.hasMessages() && !isSilent ? [{ name: 'hear', run: hear }] : []),
      ...(isSilent ? [{ name: 'speak', run: speak }] : []),
    ];
  }

  return {
    account,
    room,
    sent,
    steps,
    read: { name: 'read', run: account.read } satisfies Step,
    /** Shorter than what tells that its stream has died. */
    silence: {
      name: 'silence',
      run(): void {
        isSilent = true;
        if (nowMs - figure.confirmedAtMs < 45_000) nowMs += 12_000;
      },
    } satisfies Step,
    speak,
    later: (byMs: number) => void (nowMs += byMs),
    /** What the account was given, less what is known here to be spent. */
    most: (): bigint =>
      sent.reduce((sum, { id, inputCost, isSeen }) => {
        const charge = account.chargeOf(id);
        const isLess = charge !== null && (isSeen || charge < inputCost);
        return sum - (isLess ? charge : inputCost);
      }, balance),
  };
}

function totals(spendable: bigint, held: bigint, ledgerSequence: number): AccountFigure {
  const amounts = { spendable: nanoUsd(spendable), held: nanoUsd(held) };
  return { accountId: 'acc', ...amounts, ledgerSequence, confirmedAtMs: 0, isFresh: true };
}

function sizeOf({ tokens }: Asked, inputCost: bigint): PricedSize {
  return {
    kind: 'priced',
    inputCost: nanoUsd(inputCost),
    inCredits: false,
    outputRate: outputRate * 1_000_000n,
    answers: 1,
    callerLimit: tokens,
    modelLimit: null,
  };
}

type World = ReturnType<typeof appAndAccount>;

/** Takes one of the possible steps again and again, first as they were chosen, then each in its turn, until all has ended. */
function play(world: World, choices: readonly number[], check: (world: World) => void): void {
  for (const choice of choices) {
    const steps = [...world.steps(), world.read, world.silence];
    steps[choice % steps.length]?.run();
    check(world);
  }
  for (let count = 0, steps = world.steps(); steps.length > 0; count += 1, steps = world.steps()) {
    if (count > 10_000) throw new Error(`it does not end: ${steps.map(({ name }) => name).join(', ')}`);
    steps[count % steps.length]?.run();
    check(world);
  }
}

test('what was sent counts until the balance has its charge, unless the account holds more; another account has its own', () => {
  let figure = totals(1_000_000n, 0n, 4);
  let nowMs = 0;
  const room = createPrepaidRoom(
    () => figure,
    () => nowMs,
  );
  const seen = () => [room.inFlight(), room.left()];
  const [first, second] = ['1', '2'].map((digit) =>
    requestIdSchema.parse(`req_0199f3f7c0de7aaabbbbccccdddd000${digit}`),
  ) as [RequestId, RequestId];
  const facts = { inputTokenEstimate: 200, maxOutputTokens: null, choices: 1 };
  const endFirst = room.sent(first, facts, price);
  expect(seen()).toEqual([200_000n, 800_000n]);
  figure = totals(700_000n, 300_000n, 4);
  expect(seen()).toEqual([0n, 700_000n]);
  endFirst(nanoUsd(350_000n));
  expect(seen()).toEqual([50_000n, 650_000n]);
  room.charged([{ requestId: first, sequence: 5 }]);
  expect(seen()).toEqual([50_000n, 650_000n]);
  figure = totals(650_000n, 0n, 5);
  expect(seen()).toEqual([0n, 650_000n]);
  // Its charge is here before its end.
  const endSecond = room.sent(second, facts, price);
  room.charged([{ requestId: second, sequence: 6 }]);
  figure = totals(600_000n, 0n, 6);
  expect(seen()).toEqual([0n, 600_000n]);
  endSecond(nanoUsd(50_000n));
  expect(seen()).toEqual([0n, 600_000n]);
  // No charge comes for one whose answer was lost; of one at another account none does here.
  room.sent(first, facts, price)(null);
  const endAtOther = room.sent(second, facts, price);
  expect(seen()).toEqual([400_000n, 200_000n]);
  nowMs += 10_001;
  figure = { ...figure, confirmedAtMs: nowMs };
  expect(seen()).toEqual([200_000n, 400_000n]);
  figure = { ...totals(900_000n, 0n, 0), accountId: 'other' };
  endAtOther(nanoUsd(50_000n));
  expect(seen()).toEqual([0n, 900_000n]);
});

test.each([
  ['goes on', 10_001, [100_000n, 100_000n, 0n]],
  ['was set back an hour', -3_600_000, [100_000n, 100_000n, 0n]],
])('what has ended counts until the account was heard long after its end: the clock %s', (_case, byMs, counted) => {
  let nowMs = 7_200_000;
  let figure: AccountFigure = { ...totals(1_000_000n, 0n, 4), confirmedAtMs: nowMs };
  const room = createPrepaidRoom(
    () => figure,
    () => nowMs,
  );
  const id = requestIdSchema.parse('req_0199f3f7c0de7aaabbbbccccdddd0001');
  nowMs += 1_000;
  room.sent(id, { inputTokenEstimate: 10, maxOutputTokens: null, choices: 1 }, price)(nanoUsd(100_000n));
  const inFlight = [];
  nowMs += byMs;
  inFlight.push(room.inFlight());
  if (byMs < 0) figure = { ...figure, confirmedAtMs: nowMs };
  inFlight.push(room.inFlight());
  nowMs += 10_001;
  figure = { ...figure, confirmedAtMs: nowMs };
  inFlight.push(room.inFlight());
  expect(inFlight).toEqual(counted);
});

const askedSome = fc.array(
  fc.record({ inputTokens: fc.nat(150), tokens: fc.integer({ min: 1, max: 300 }), isLost: fc.boolean() }),
  { minLength: 1, maxLength: 8 },
);
const choicesMade = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 120 });
const balances = fc.bigInt({ min: 20_000n, max: 1_500_000n });

test('in whatever order its messages arrive, what is left never counts money that is spent, and all of it comes back', () => {
  fc.assert(
    fc.property(balances, askedSome, choicesMade, fc.boolean(), (balance, asked, choices, isOneAtATime) => {
      const world = appAndAccount(balance, asked, { isOneAtATime });
      play(world, choices, ({ room, most }) => expect(room.left()).toBeLessThanOrEqual(most()));
      world.speak();
      // Of an answer that was lost here, only time tells that nothing is charged for it.
      world.later(10_001);
      world.speak();
      expect([world.room.left(), world.room.inFlight()]).toEqual([world.account.available(), 0n]);
    }),
    { numRuns: 1_000 },
  );
});

test('an answer that runs alone is never ended by the account, whatever is still under way of those before it', () => {
  fc.assert(
    fc.property(balances, askedSome, choicesMade, (balance, asked, choices) => {
      const world = appAndAccount(balance, asked, { isOneAtATime: true });
      play(world, choices, () => undefined);
      const broken = world.sent.filter(({ id, isPromised }) => isPromised && world.account.stateOf(id) !== 'ended');
      expect(broken).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

/** Two of these cost the balance, but less than an answer may begin with. */
const half: Asked = { inputTokens: 0, tokens: 1_700, isLost: false };
const forTwo = (rest: bigint): bigint => (2n * BigInt(half.tokens) + rest) * outputRate;

test('of whole answers that race for a balance, as many as it pays for are answered, and none is ended', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 15n }), choicesMade, (rest, choices) => {
      const world = appAndAccount(
        forTwo(rest),
        Array.from({ length: 6 }, () => half),
        { firstTokens: half.tokens },
      );
      play(world, choices, () => undefined);
      const states = world.sent.map(({ id }) => world.account.stateOf(id));
      fc.pre(world.sent.every(({ limit }) => limit === null));
      expect(states.toSorted()).toEqual(['ended', 'ended', 'refused', 'refused', 'refused', 'refused']);
    }),
    { numRuns: 500 },
  );
});

test('what a shortened answer leaves may begin another, sent when more was known to be there, and the account ends it', () => {
  const world = appAndAccount(forTwo(0n), [half, half, half], { firstTokens: half.tokens });
  const { account, sent } = world;
  const take = (kind: string, index: number): void => {
    const step = world.steps().find(({ name }) => name.startsWith(kind) && name.endsWith(sent[index]?.id ?? kind));
    if (!step) throw new Error(`it cannot ${kind} now`);
    step.run();
  };
  take('send', 0);
  take('send', 1);
  take('arrive', 0);
  take('admit', 0);
  world.speak();
  take('send', 2);
  take('arrive', 2);
  take('admit', 2);
  take('arrive', 1);
  play(world, [0], () => undefined);
  expect(sent.map(({ limit }) => limit)).toEqual([null, null, 1_683]);
  expect(sent.map(({ id }) => account.stateOf(id))).toEqual(['ended', 'cut', 'ended']);
  expect(account.available()).toBeLessThan(16n * outputRate);
});
