import { expect, test } from 'vitest';
import type { AccountFigure } from '#shared/account/account-figure.ts';
import { createConfirmations } from '#core/envelopes/confirmations.ts';
import { createEnvelopeCounters } from '#core/envelopes/envelope-counters.ts';
import { createPrepaidRoom } from '#core/envelopes/prepaid-room.ts';
import { type Place, sizeCall } from '#core/envelopes/size-call.ts';
import { createSpending } from '#core/envelopes/spending.ts';
import { testPrice } from '../../support/test-price.ts';
import { envelopeIdSchema, localKeyIdSchema } from '#shared/ids.ts';
import { parseUsd, zeroUsd } from '#shared/money.ts';
import { nodeClock } from '../../../src/main/host/node-ports.ts';
import { testCall } from '../../support/open-test-ledger.ts';

const price = testPrice();
const priced: Place = { lane: 'byok', provider: 'mine', model: 'm', price };
const unpriced: Place = { lane: 'byok', provider: 'other', model: 'unknown', price: null };

function reserve(places: readonly Place[], call = testCall(), figure: AccountFigure | null = null) {
  return spendingFrom(figure).spending.reserve(asked(places, call));
}

function asked(places: readonly Place[], call = testCall(), clientGone = new AbortController().signal) {
  const keyId = localKeyIdSchema.parse('lk_01a223dd00417d368c1301a107c7bc69');
  const payer = { keyId, model: 'm', project: null, session: null };
  return { call, payer, places, staysAtFirst: true, ceiling: null, clientGone };
}

function spendingFrom(figure: AccountFigure | null) {
  const counters = createEnvelopeCounters(() => 0);
  const terms = { name: 'All', scope: { kind: 'everything' }, limit: '1.00', period: 'once', timeZone: 'UTC' } as const;
  const id = envelopeIdSchema.parse('env_1');
  counters.put({ ...terms, id, allowsUnpriced: false, isPaused: false, createdAtMs: 0, countsFromMs: 0 });
  const nothing = () => undefined;
  const confirmations = createConfirmations(counters);
  const prepaid = createPrepaidRoom(
    () => figure,
    () => 2_000,
  );
  const deps = { clock: nodeClock, counters, confirmations, prepaid, changed: nothing, reached: nothing };
  return { prepaid, spending: createSpending(deps) };
}

test('a request that moves to other places of the account counts there until it ends, and is not ended by the move', async () => {
  const { spending, prepaid } = spendingFrom(figure('1.00'));
  const call = testCall();
  const before = await spending.reserve(asked([priced, account], call));
  const moved = spending.move(asked([account], call), before);
  expect(prepaid.inFlight()).toBe(parseUsd('0.00001'));
  moved?.settle(account, parseUsd('0.00003'));
  expect(prepaid.inFlight()).toBe(parseUsd('0.00003'));
});

test('a request whose client has left before does not wait for what others hold', async () => {
  const { spending } = spendingFrom(null);
  await spending.reserve(asked([priced], saying(450_000)));
  const waiting = spending.reserve(asked([priced], saying(450_000), AbortSignal.abort()));
  await expect(waiting).rejects.toMatchObject({ code: 'request_timeout' });
});

test('a plan that stays at its first candidate is not refused because no envelope pays for a later one', async () => {
  const grant = await reserve([priced, unpriced]);
  expect(grant.places.map(({ place }) => place)).toEqual([priced]);
});

test('and it is not led on to a later one that an envelope does pay for', async () => {
  await expect(reserve([unpriced, priced])).rejects.toMatchObject({ code: 'model_not_priced' });
});

const account: Place = { lane: 'prepaid', provider: 'account', model: 'm', price };
const figure = (usd: string, more: Partial<AccountFigure> = {}): AccountFigure => ({
  accountId: 'acc',
  spendable: parseUsd(usd) ?? zeroUsd,
  held: zeroUsd,
  ledgerSequence: 0,
  confirmedAtMs: 2_000,
  isFresh: true,
  ...more,
});
/** 10 tokens of input at $1, and so many of output at $2 per million. */
const saying = (maxOutputTokens: number | null) => ({ ...testCall(), facts: { ...testCall().facts, maxOutputTokens } });

test.each([
  ['a balance that pays for all of it', [account], 1_000, figure('0.01'), null, null],
  ['a balance that pays for a part', [account], 1_000, figure('0.00021'), 93, 'balance'],
  ['no limit of its own', [account], null, figure('0.00021'), 93, 'balance'],
  ['a balance that was not confirmed lately', [account], 1_000, figure('0.00021', { isFresh: false }), null, null],
  ['a balance below any answer, which the account refuses itself', [account], 1_000, figure('0.00001'), null, null],
  ['an unknown balance', [account], 1_000, null, null, null],
  ['a key of one’s own', [priced], 1_000, figure('0.00021'), null, null],
  ['an envelope that allows less', [account], 900_000, figure('1.50'), 499_995, 'env_1'],
  ['a balance that allows less than the envelope', [account], 900_000, figure('0.50'), 247_490, 'balance'],
] as const)('output is limited by the balance: %s', async (_case, places, tokens, known, outputLimit, limitedBy) => {
  const grant = await reserve(places, saying(tokens), known);
  expect(grant.places).toMatchObject([{ outputLimit, limitedBy }]);
});

test.each([
  ['words', 'openai-chat', { messages: [] }, '0.000010', '2.00'],
  ['sound in chat completions', 'openai-chat', { modalities: ['text', 'audio'] }, '0.000010', '64.00'],
  ['sound in Gemini', 'gemini', { generationConfig: { responseModalities: ['AUDIO'] } }, '0.000010', '64.00'],
  ['what was said in chat completions', 'openai-chat', { content: [{ type: 'input_audio' }] }, '0.000320', '2.00'],
  ['what was said in Gemini', 'gemini', { inlineData: { mimeType: 'audio/wav' } }, '0.000320', '2.00'],
] as const)('%s is held at its own price', (_case, dialect, body, input, output) => {
  const sounding = { ...price, prices: { ...price.prices, inputAudio: '32.00', outputAudio: '64.00' } };
  const call = { ...testCall(), dialect, body: Buffer.from(JSON.stringify(body)) };
  expect(sizeCall(call, { ...priced, price: sounding })).toMatchObject({
    inputCost: parseUsd(input),
    outputRate: parseUsd(output),
  });
});
