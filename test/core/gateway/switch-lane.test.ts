import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import type { EnvelopeScope } from '#shared/domain/envelope.ts';
import { type LocalKeyLimits, localKeyLimitsSchema, noLimits } from '#shared/domain/local-key.ts';
import { type EnvelopeId, providerIdSchema } from '#shared/ids.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { eventually } from '../../support/eventually.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';
import { startMockUpstreamOfOwnKey } from '../envelopes/own-key.ts';
import { type RunningCore, startCore } from './start-core.ts';

const model = 'gpt-5.5';
/** Sold by the account only, so no one says what it costs elsewhere. */
const unpriced = 'unpriced-model';
const messages = [{ role: 'user' as const, content: 'Hello' }];
const chat = { model, max_tokens: 100, messages };
const mine = providerIdSchema.parse('mine');

const priceCatalogue = parseCatalogue({
  ...catalogue,
  models: [
    ...catalogue.models,
    ...catalogue.models.filter(({ slug }) => slug === model).map((sold) => ({ ...sold, slug: unpriced })),
  ],
});

interface TwoLanes extends AsyncDisposable {
  core: RunningCore;
  paid: PaidService;
  openai(limits: Partial<LocalKeyLimits>, route?: string): Promise<OpenAI>;
  /** How many calls the own provider got. */
  asked(): number;
  /** Sets what output costs at the own provider; the account takes $30 for a million tokens. */
  price(output: string): Promise<unknown>;
  envelope(scope: EnvelopeScope, limit?: string): Promise<EnvelopeId>;
}

/** A prepaid account without money, and a provider with a key of one's own that lists the same models. */
async function startTwoLanes(): Promise<TwoLanes> {
  const paid = await startPaidService({ priceCatalogue });
  const core = await startCore();
  const { baseUrl, customerKey } = paid.service;
  await core.handlers['account.connect']({ baseUrl, customerKey });
  const { upstream } = await startMockUpstreamOfOwnKey(core);
  upstream.script({ body: JSON.stringify({ data: [{ id: model }, { id: unpriced }] }) });
  await core.handlers['providers.test']({ id: mine });
  const posts = () => upstream.received.filter(({ method }) => method === 'POST').length;
  const before = posts();
  return {
    core,
    paid,
    asked: () => posts() - before,
    async openai(limits, route = 'prepaid') {
      const given = { label: 'Agent', route, limits: { ...noLimits, ...limits } };
      const { secret } = await core.handlers['keys.create'](given);
      return new OpenAI({ apiKey: secret, maxRetries: 0, baseURL: `${core.url}/v1` });
    },
    price: (output) => core.handlers['prices.set']({ provider: mine, model, prices: { input: '0.01', output } }),
    async envelope(scope, limit = '0.000001') {
      const terms = { name: 'Tiny', limit, period: 'day', timeZone: 'UTC', allowsUnpriced: false } as const;
      return (await core.handlers['envelopes.create']({ ...terms, scope })).id;
    },
    [Symbol.asyncDispose]: () => paid[Symbol.asyncDispose](),
  };
}

function waiting(core: RunningCore) {
  return eventually(async () => {
    const [parked] = await core.handlers['parked.list'](undefined);
    if (!parked) throw new Error('nothing waits');
    return parked;
  });
}

async function textOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string> {
  let text = '';
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  return text;
}

test('at zero, a request goes to the own key at once where that is known to cost no more', async () => {
  await using lanes = await startTwoLanes();
  const { core, asked } = lanes;
  const openai = await lanes.openai({ switchLane: 'if-cheaper' });
  const ask = () => openai.chat.completions.create(chat).withResponse();

  await lanes.price('900.00');
  await expect(ask()).rejects.toMatchObject({ code: 'insufficient_credits' });
  expect(asked()).toBe(0);

  await lanes.price('0.50');
  const { response } = await ask();
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'x-corvus-lane': 'byok',
    'x-corvus-provider': 'mine',
    'x-corvus-switched-from': 'account',
    'x-corvus-switched-by': 'balance',
  });
  const row = await core.row(response.headers.get('x-corvus-request-id'));
  expect(row).toMatchObject({
    status: 'completed',
    lane: 'byok',
    provider: 'mine',
    switchedFrom: 'account',
    switchedBy: 'balance',
    attempts: [
      { provider: 'account', httpStatus: 429 },
      { provider: 'mine', httpStatus: 200 },
    ],
  });
  expect(row.meteredCost).toBe('0.00000519');

  // A stream too, in the dialect of the client; and one that another dialect has to be spoken for.
  expect(await textOf(await openai.chat.completions.create({ ...chat, stream: true }))).not.toBe('');
  const { apiKey } = openai;
  const anthropic = new Anthropic({ apiKey, authToken: null, maxRetries: 0, baseURL: `${core.url}/anthropic` });
  expect((await anthropic.messages.stream(chat).finalMessage()).content).not.toEqual([]);
  expect(asked()).toBe(3);

  // A plan says itself where it may go, and a model whose price is not known there may cost more.
  const plan = openai.chat.completions.create({ ...chat, model: `corvus/mesh:${model}` });
  await expect(plan).rejects.toMatchObject({ code: 'insufficient_credits' });
  const unknown = openai.chat.completions.create({ ...chat, model: unpriced });
  await expect(unknown).rejects.toMatchObject({ code: 'insufficient_credits' });
  expect(asked()).toBe(3);
});

test('a key that asks has the request wait with both prices, and the same one goes on where the person sends it', async () => {
  await using lanes = await startTwoLanes();
  const { core, asked } = lanes;
  await lanes.price('0.50');
  const openai = await lanes.openai({ switchLane: 'ask', waitMinutes: 5 });
  const whole = openai.chat.completions.create(chat).withResponse();
  const parked = await waiting(core);
  expect(parked.offer).toEqual({
    here: { lane: 'prepaid', provider: 'account', most: expect.stringMatching(/^0\.003/) },
    there: { lane: 'byok', provider: 'mine', most: expect.stringMatching(/^0\.00005/) },
  });
  expect(core.notifications.map(({ body }) => body).find((body) => body.startsWith('Top up'))).toMatch(
    /^Top up, and it goes on\. Or send it elsewhere\. The prepaid account: at most \$0\.003\d+\. Your key at mine: at most \$0\.00005\d+\. After 5 min it is refused\.$/,
  );
  expect(asked()).toBe(0);
  expect(await core.handlers['parked.switch']({ id: parked.requestId })).toEqual({ isSent: true });
  expect((await whole).response.headers.get('x-corvus-switched-from')).toBe('account');
  expect(await core.row(parked.requestId)).toMatchObject({
    lane: 'byok',
    switchedFrom: 'account',
    status: 'completed',
  });
  expect(await core.handlers['parked.switch']({ id: parked.requestId })).toEqual({ isSent: false });

  // A stream that was kept alive meanwhile goes on in its dialect, also where the other place speaks another.
  const body = JSON.stringify({ model, input: 'Hello', stream: true, max_output_tokens: 100 });
  const headers = { authorization: `Bearer ${openai.apiKey}`, 'content-type': 'application/json' };
  const reply = await fetch(`${core.url}/v1/responses`, { method: 'POST', headers, body });
  expect(reply.headers.get('x-corvus-lane')).toBeNull();
  await core.handlers['parked.switch']({ id: (await waiting(core)).requestId });
  const events = await reply.text();
  expect(events).toMatch(/^: keep-alive\n\n/);
  expect(events).toContain('event: response.completed');
  expect(await core.newest()).toMatchObject({ lane: 'byok', translatedTo: 'openai-chat', status: 'completed' });

  const unknown = openai.chat.completions.create({ ...chat, model: unpriced });
  const { offer, requestId } = await waiting(core);
  expect(offer?.there.most).toBeNull();
  await core.handlers['parked.switch']({ id: requestId });
  expect((await unknown).choices).toHaveLength(1);
  expect(asked()).toBe(3);

  // Money that comes in time is still what it waits for.
  const paid = openai.chat.completions.create(chat).withResponse();
  await waiting(core);
  await lanes.paid.paidOrder('10.00');
  expect((await paid).response.headers.get('x-corvus-lane')).toBe('prepaid');
});

test('at an envelope, the other lane is used only where the envelopes and the ceiling pay for it', async () => {
  await using lanes = await startTwoLanes();
  const { core, asked } = lanes;
  await lanes.price('0.50');
  const ofAccount = await lanes.envelope({ kind: 'provider', providerId: 'account' });
  const ofMine = await lanes.envelope({ kind: 'provider', providerId: 'mine' }, '1.00');
  const openai = await lanes.openai({ switchLane: 'if-cheaper', maxCostUsd: '0.01' });
  const spent = async (id: EnvelopeId) => {
    const all = await core.handlers['envelopes.list'](undefined);
    return all.flatMap((one) => (one.id === id ? [one.spent, one.held] : []));
  };
  const ask = (more: object = {}) => openai.chat.completions.create({ ...chat, ...more }).withResponse();

  const { response } = await ask();
  expect(response.headers.get('x-corvus-switched-by')).toBe(ofAccount);
  const row = await core.row(response.headers.get('x-corvus-request-id'));
  expect(row).toMatchObject({ lane: 'byok', switchedBy: ofAccount, envelopeIds: [ofMine] });
  expect(row.attempts.map(({ provider }) => provider)).toEqual(['mine']);
  expect(await spent(ofMine)).toEqual([row.cost, '0.00']);
  expect(await spent(ofAccount)).toEqual(['0.00', '0.00']);

  // Refused by the account after all of the ceiling was held: what was held there is not held twice.
  await core.handlers['envelopes.change']({ id: ofAccount, limit: '5.00' });
  expect((await ask({ max_tokens: 30_000 })).response.headers.get('x-corvus-switched-by')).toBe('balance');
  expect(await spent(ofAccount)).toEqual(['0.00', '0.00']);
  expect(asked()).toBe(2);

  // What one place has stored is not known at the other.
  await core.handlers['envelopes.change']({ id: ofAccount, limit: '0.000001' });
  const stored = openai.responses.create({ model, input: 'And?', previous_response_id: 'resp_1' });
  await expect(stored).rejects.toMatchObject({ error: { reason: 'envelope', envelope: ofAccount } });
  const untold = { model, input: 'Hi', tools: [{ type: 'mcp', server_label: 'x', server_url: 'https://x.example' }] };
  await expect(openai.responses.create(untold as never)).rejects.toMatchObject({ error: { reason: 'envelope' } });

  const ofAll = await lanes.envelope({ kind: 'everything' });
  await expect(ask({ user: 'a' })).rejects.toMatchObject({ error: { reason: 'envelope' } });
  expect(asked()).toBe(2);
  await core.handlers['envelopes.remove']({ id: ofAll });

  // The other way: from the own key to the account, once that has money.
  await core.handlers['envelopes.change']({ id: ofAccount, limit: '5.00' });
  await core.handlers['envelopes.change']({ id: ofMine, limit: '0.000001' });
  await lanes.price('90.00');
  const bound = await lanes.openai({ switchLane: 'if-cheaper' }, 'provider:mine');
  const askBound = () => bound.chat.completions.create(chat).withResponse();
  await expect(askBound()).rejects.toMatchObject({ error: { envelope: ofMine } });
  await lanes.paid.paidOrder('10.00');
  await eventually(async () => expect(await core.balance()).toBe('10.00'));
  expect((await askBound()).response.headers.get('x-corvus-switched-from')).toBe('mine');
});

test('a key can ask only while its requests wait', () => {
  const asking = { ...noLimits, switchLane: 'ask' };
  expect(localKeyLimitsSchema.safeParse(asking).error?.issues[0]?.message).toBe(
    'Only a request that waits can ask: set the minutes to wait for money too.',
  );
  expect(localKeyLimitsSchema.safeParse({ ...asking, waitMinutes: 5 }).success).toBe(true);
});
