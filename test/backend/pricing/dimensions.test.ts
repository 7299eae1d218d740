import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkStatement, nothingChecked } from '#core/store/statement/check-statement.ts';
import { ledgerPageSchema } from '#shared/account/ledger.ts';
import { type Receipt, receiptSchema } from '#shared/account/receipt.ts';
import { parseUsd } from '#shared/money.ts';
import { credentialAt, type FakeUpstream, startFakeUpstream } from '../../support/fake-upstream.ts';
import { logIn } from '../../support/open-dashboard.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

let upstream: FakeUpstream;
let service: TestBackend;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  service = await startTestBackend({ pools: { openai: [credentialAt(upstream, 'main')] } });
});

afterAll(async () => {
  expect(await service.backend.verify()).toEqual([]);
  await service[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

async function ask(path: string, body: object, answer: object): Promise<Receipt> {
  upstream.body = JSON.stringify(answer);
  const reply = await service.call(path, { body: { model: 'gpt-5.5', ...body } });
  await reply.text();
  return receiptSchema.parse(
    await (await service.call(`/v1/generation?id=${reply.headers.get('x-corvus-request-id')}`)).json(),
  );
}

const chat = { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 100 };
const completion = (tier: string) => ({
  model: 'gpt-5.5',
  service_tier: tier,
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
});

test('a request is charged by the tier that answered, whatever was asked for; what is held covers the one that was asked for', async () => {
  const flex = await ask('/v1/chat/completions', { ...chat, service_tier: 'flex' }, completion('flex'));
  // 100 tokens at 2.50 and 10 at 15.00 dollars a million.
  expect(flex).toMatchObject({
    cost: '0.0004',
    usage: { serviceTier: 'flex' },
    unitPrices: { freshInput: '2.50', outputText: '15.00' },
  });
  const noRoom = await ask('/v1/chat/completions', { ...chat, service_tier: 'priority' }, completion('default'));
  expect(noRoom).toMatchObject({ cost: '0.0008', unitPrices: { freshInput: '5.00', outputText: '30.00' } });
  const priority = await ask('/v1/chat/completions', { ...chat, service_tier: 'priority' }, completion('priority'));
  expect(priority).toMatchObject({ cost: '0.0016', usage: { serviceTier: 'priority' } });
  const held = (receipt: Receipt) => parseUsd(receipt.held) ?? 0n;
  expect(held(noRoom)).toBe(held(priority));
  expect(held(priority)).toBeGreaterThan(held(flex));
});

test('searches of the web are counted in the reply and charged one by one; the receipt and its page say so', async () => {
  const answer = {
    model: 'gpt-5.5',
    status: 'completed',
    output: [
      { type: 'web_search_call', action: { type: 'search' } },
      { type: 'web_search_call', action: { type: 'search' } },
    ],
    usage: { input_tokens: 100, output_tokens: 10, total_tokens: 110 },
  };
  const receipt = await ask(
    '/v1/responses',
    { input: 'Hi', max_output_tokens: 100, tools: [{ type: 'web_search' }] },
    answer,
  );
  expect(receipt).toMatchObject({ cost: '0.0208', usage: { webSearches: 2 }, unitPrices: { webSearchFee: '0.01' } });
  const viewer = await logIn(service);
  const page = await viewer.text(`/dashboard/requests/${receipt.requestId}`);
  expect(page).toMatch(/Web searches, each 2 \$0\.01 \$0\.02/);
});

test.each(['completed', 'incomplete'])(
  'Responses that are %s are charged alike for what they say they used (D61)',
  async (status) => {
    const answer = {
      model: 'gpt-5.5',
      status,
      output: [],
      usage: { input_tokens: 100, output_tokens: 10, total_tokens: 110 },
    };
    expect(await ask('/v1/responses', { input: 'Hi', max_output_tokens: 100 }, answer)).toMatchObject({
      status: 'settled',
      cost: '0.0008',
    });
  },
);

test('a failed response without output is not charged: its usage is written off (D61)', async () => {
  const answer = {
    model: 'gpt-5.5',
    status: 'failed',
    output: [],
    usage: { input_tokens: 100, output_tokens: 10, total_tokens: 110 },
  };
  const receipt = await ask('/v1/responses', { input: 'Hi', max_output_tokens: 100 }, answer);
  expect(receipt).toMatchObject({ status: 'released', outcome: 'failed', cost: '0.00', writtenOff: '0.0008' });
});

test('whatever an upstream calls its model and its end, the request is settled', async () => {
  const odd = { ...completion('default'), model: `gpt\0\ud83d${'x'.repeat(5_000)}` };
  const receipt = await ask('/v1/chat/completions', chat, {
    ...odd,
    choices: [{ ...odd.choices[0], finish_reason: 'st\0p' }],
  });
  expect(receipt).toMatchObject({ status: 'settled', cost: '0.0008', finishReason: 'stp' });
  expect(receipt.modelServed).toMatch(/^gpt\ufffdx{190,196}$/);
});

test('receipts with tiers and fees are proven offline like any other', async () => {
  const { data } = ledgerPageSchema.parse(await (await service.call('/v1/account/ledger')).json());
  const entries = await Promise.all(
    data.map(async (line) => {
      if (line.requestId === null) return { sequence: line.sequence, line, receipt: null };
      const reply = await service.call(`/v1/generation?id=${line.requestId}`);
      return { sequence: line.sequence, line, receipt: receiptSchema.parse(await reply.json()) };
    }),
  );
  expect(checkStatement(nothingChecked, entries)).toMatchObject({ firstFault: null, receipts: 7 });
  const [last] = entries.slice(-1);
  const receipt = last?.receipt;
  if (!last || !receipt?.usage) throw new Error('there is no receipt');
  const forged = { ...receipt, usage: { ...receipt.usage, webSearches: 3 } };
  expect(
    checkStatement(nothingChecked, [...entries.slice(0, -1), { ...last, receipt: forged }]).firstFault,
  ).toMatchObject({
    rule: 'receipt',
  });
});
