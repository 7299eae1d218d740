import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { receiptSchema } from '#shared/account/receipt.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { eventually } from '../../support/eventually.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { type EndDialect, pieceText, replies } from './ends/replies.ts';
import { type Script, type ScriptedUpstream, startScriptedUpstream } from './ends/scripted-upstream.ts';

const sold = {
  name: 'Ends',
  provider: 'openai',
  family: 'openai',
  mode: 'chat',
  prepaid: true,
  prices: { input: '1.00', output: '4.00' },
} as const;
const priceCatalogue = parseCatalogue({
  ...catalogue,
  models: [
    { ...sold, slug: 'ends', dialects: ['openai-chat', 'openai-completions', 'openai-responses'] },
    { ...sold, slug: 'ends-two', dialects: ['openai-chat', 'openai-completions', 'openai-responses'] },
    { ...sold, slug: 'ends-embedding', mode: 'embedding', dialects: ['openai-embeddings'] },
    { ...sold, slug: 'ends-messages', family: 'anthropic', dialects: ['anthropic-messages'] },
    { ...sold, slug: 'ends-messages-two', family: 'anthropic', dialects: ['anthropic-messages'] },
  ],
});

let upstream: ScriptedUpstream;
let service: TestBackend;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const pools = { openai: [upstream.credential('one', 'openai')], anthropic: [upstream.credential('other', 'anthropic')] };
  service = await startTestBackend({ priceCatalogue, pools });
});

afterAll(async () => {
  expect(await service.backend.verify()).toEqual([]);
  await service[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const usage = { prompt_tokens: 900, completion_tokens: 90, input_tokens: 900, output_tokens: 90, total_tokens: 990 };
/** What was seen in place of an answer, whatever the dialect. */
const bodies: readonly object[] = [
  {},
  { error: 'It broke' },
  { error: { message: 'It broke', code: 502 } },
  { error: { message: 'It broke' }, usage },
  { error: { message: 'It broke' }, choices: [] },
  { error: { code: 500 } },
  { type: 'error', error: { type: 'overloaded_error', message: 'It broke' } },
  { type: 'error', message: 'It broke' },
  { object: 'error', message: 'It broke', code: 40_303 },
  { detail: 'It broke' },
  { detail: [{ loc: ['body'], msg: 'It broke' }] },
  { message: 'It broke', code: 'E1' },
  { msg: 'It broke', code: 500, success: false },
  { errors: [{ message: 'It broke' }] },
  { base_resp: { status_code: 1_004, status_msg: 'It broke' } },
  { status: 'failed', error: { code: 'server_error', message: 'It broke' }, output: [], usage },
  { object: 'response', status: 'failed', output: [], usage },
  { choices: [] },
  { choices: [], usage },
  { choices: null, usage },
  { choices: [{ index: 0, error: { message: 'It broke' }, message: { role: 'assistant', content: '' } }] },
  { choices: [{ index: 0, message: { role: 'assistant', content: '' }, delta: {}, finish_reason: 'error' }] },
  { data: [] },
];
const lists: readonly unknown[] = [[], [{ error: { message: 'It broke' } }], 'It broke', null, 17];

const sse = (value: unknown) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;

async function ask(name: EndDialect, script: Script, model?: string) {
  const dialect = replies[name];
  upstream.play(script);
  const reply = await service.call(dialect.path, {
    body: { ...dialect.request, ...(model ? { model } : {}), ...(script.isStream ? { stream: true } : {}) },
  });
  const text = await reply.text();
  const receipt = await eventually(async () => {
    const found = receiptSchema.parse(await (await service.call(`/v1/generation?id=${reply.headers.get('x-corvus-request-id')}`)).json());
    expect(found.status).not.toBe('open');
    return found;
  });
  return { status: reply.status, text, receipt };
}

const nothingCharged = { status: 'released', cost: '0.00' };
const dialects = Object.keys(replies) as EndDialect[];
const streaming = dialects.filter((name) => name !== 'openai-embeddings');

describe.each(dialects)('%s, in one piece', (name) => {
  test.each([...bodies, ...lists].map((body) => [JSON.stringify(body)]))('%s costs nothing and is an error', async (body) => {
    const { status, text, receipt } = await ask(name, { isStream: false, pieces: [body], last: 'end' });
    expect(receipt).toMatchObject({ ...nothingCharged, outcome: 'failed' });
    expect(status).toBeGreaterThanOrEqual(402);
    expect(JSON.parse(text)).toMatchObject({ error: { message: expect.stringMatching(/./) } });
    if (body.includes('It broke')) expect(text).toContain(body.startsWith('"') ? 'nothing in it' : 'It broke');
  });
});

describe.each(streaming)('%s, streamed', (name) => {
  const dialect = replies[name];
  const usage = name === 'anthropic-messages' ? 'input' : 'nothing';
  const events: string[][] = [
    ...bodies.map((body) => [sse(body)]),
    ...bodies.map((body) => [sse(body), sse('[DONE]')]),
    ...bodies.filter((body) => Object.keys(body).length > 0).map((body) => [...dialect.start(usage), sse(body)]),
    ...lists.map((body) => [sse(body)]),
    [],
    [': ping\n\n'],
    [sse('[DONE]')],
    [...dialect.start(usage), sse('[DONE]')],
    [`event: error\n${sse({ type: 'error', error: { type: 'api_error', message: 'It broke' } })}`],
    [sse({ type: 'response.failed', response: { status: 'failed', error: { message: 'It broke' }, usage } })],
    [sse({ type: 'response.completed', response: { status: 'failed', error: { message: 'It broke' }, usage } })],
  ];
  test.each(events.map((pieces) => [pieces.join('').replaceAll('\n', ' '), pieces] as const))(
    '%s costs nothing and ends in an error',
    async (_name, pieces) => {
      const { status, text, receipt } = await ask(name, { isStream: true, pieces, last: 'end' });
      expect(receipt).toMatchObject(nothingCharged);
      expect(receipt.outcome).toMatch(/failed|truncated/);
      expect(status).toBe(200);
      // The upstream's own event, or one in the dialect's words.
      expect(text).toMatch(/"error"|"response.failed"/);
    },
  );
});

describe.each([
  ['the next credential', undefined],
  ['the next model of a plan', 'mesh'],
] as const)('%s is asked', (_who, plan) => {
  // Each form once is enough where every dialect was tested above.
  const broken = bodies.filter((_body, index) => index % 4 === 0).map((body) => JSON.stringify(body));
  const begun = 'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":900,"output_tokens":1}}}\n\n';
  const scripts: [EndDialect, Script][] = [
    ...broken.map((body): [EndDialect, Script] => ['openai-chat', { isStream: false, pieces: [body], last: 'end' }]),
    ...broken.map((body): [EndDialect, Script] => [
      'openai-chat',
      { isStream: true, pieces: [`data: ${body}\n\n`, sse('[DONE]')], last: 'end' },
    ]),
    ['openai-chat', { isStream: true, pieces: [sse('[DONE]')], last: 'end' }],
    [
      'openai-responses',
      { isStream: true, pieces: [...replies['openai-responses'].start('nothing'), replies['openai-responses'].error('all')], last: 'end' },
    ],
    ['openai-responses', { isStream: false, pieces: [replies['openai-responses'].wholeError('all')], last: 'end' }],
    ['anthropic-messages', { isStream: true, pieces: [begun, replies['anthropic-messages'].error('nothing')], last: 'end' }],
    ['anthropic-messages', { isStream: true, pieces: [begun, ': ping\n\n'], last: 'break' }],
    ['anthropic-messages', { isStream: false, pieces: [replies['anthropic-messages'].wholeError('nothing')], last: 'end' }],
  ];
  test.each(
    scripts.map(
      ([name, script]) => [name, script.isStream ? 'streamed' : 'whole', script.pieces.join('').replaceAll('\n', ' '), script] as const,
    ),
  )('%s, %s: after %s, and one answer is paid', async (name, _form, _text, script) => {
    await using asked = await startScriptedUpstream();
    await using fresh = await startTestBackend({
      priceCatalogue,
      pools: {
        openai: [asked.credential('one', 'openai'), ...(plan ? [] : [asked.credential('two', 'openai', 1)])],
        anthropic: [asked.credential('one', 'anthropic'), ...(plan ? [] : [asked.credential('two', 'anthropic', 1)])],
      },
    });
    const dialect = replies[name];
    const good = script.isStream
      ? [...dialect.start('all'), dialect.piece(pieceText), ...dialect.finish('all')]
      : [dialect.whole(pieceText, 'all')];
    asked.play(script, { ...script, pieces: good, last: 'end' });
    const { model } = dialect;
    const body = {
      ...dialect.request,
      ...(plan ? { model: `corvus/${plan}:${model},${model}-two` } : {}),
      ...(script.isStream ? { stream: true } : {}),
    };
    const reply = await fresh.call(dialect.path, { body });
    expect(await reply.text()).toContain(pieceText);
    const receipt = await eventually(async () => {
      const found = receiptSchema.parse(await (await fresh.call(`/v1/generation?id=${reply.headers.get('x-corvus-request-id')}`)).json());
      expect(found.status).not.toBe('open');
      return found;
    });
    expect(receipt).toMatchObject({ status: 'settled', outcome: 'completed', cost: '0.0012', writtenOff: '0.00' });
    expect(receipt.attempts?.map(({ errorCode }) => errorCode === null)).toEqual([false, true]);
  });
});
