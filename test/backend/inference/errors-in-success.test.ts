import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Receipt, receiptSchema } from '#shared/account/receipt.ts';
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
    { ...sold, slug: 'ends-responses', dialects: ['openai-responses'] },
    { ...sold, slug: 'ends-responses-two', dialects: ['openai-responses'] },
    { ...sold, slug: 'ends-embedding', mode: 'embedding', dialects: ['openai-embeddings'] },
    { ...sold, slug: 'ends-messages', family: 'anthropic', dialects: ['anthropic-messages'] },
    { ...sold, slug: 'ends-messages-two', family: 'anthropic', dialects: ['anthropic-messages'] },
  ],
});

let upstream: ScriptedUpstream;
let service: TestBackend;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const pools = {
    openai: [upstream.credential('one', 'openai')],
    anthropic: [upstream.credential('other', 'anthropic')],
  };
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

/** What is asked: a dialect as it is sold, or several models that speak another one and are translated to. */
const routes: Readonly<Record<string, { dialect: EndDialect; upstream: EndDialect; model?: string }>> = {
  ...Object.fromEntries(
    (Object.keys(replies) as EndDialect[]).map((dialect) => [dialect, { dialect, upstream: dialect }]),
  ),
  'several models, answered in Messages': {
    dialect: 'openai-chat',
    upstream: 'anthropic-messages',
    model: 'corvus/compare:ends-messages,ends-messages-two',
  },
  'several models, answered in Responses': {
    dialect: 'openai-chat',
    upstream: 'openai-responses',
    model: 'corvus/compare:ends-responses,ends-responses-two',
  },
};
/** What is asked for, and what comes instead. */
const forms = {
  'in one piece': { asks: 'whole', comes: 'whole', types: [undefined] },
  'in one piece, mislabelled': { asks: 'whole', comes: 'whole', types: ['text/event-stream', 'text/plain', null] },
  'in one piece, for a stream': { asks: 'stream', comes: 'whole', types: [undefined] },
  streamed: { asks: 'stream', comes: 'stream', types: [undefined] },
  'streamed, mislabelled': {
    asks: 'stream',
    comes: 'stream',
    types: ['application/json', 'text/plain', 'application/octet-stream', 'application/x-ndjson', null],
  },
  'streamed, for one piece': { asks: 'whole', comes: 'stream', types: [undefined] },
} as const;
type Form = keyof typeof forms;

interface Row {
  route: string;
  form: Form;
  script: Script;
}

/** Errors under an error status, which count something, or even bring an answer. */
function refusals(
  { upstream }: { upstream: EndDialect },
  comes: 'whole' | 'stream',
): Pick<Script, 'status' | 'pieces'>[] {
  const dialect = replies[upstream];
  const answer =
    comes === 'whole'
      ? [dialect.whole(pieceText, 'all')]
      : [...dialect.start('all'), dialect.piece(pieceText), ...dialect.finish('all')];
  const counted = JSON.stringify({ error: { message: 'It broke' }, usage });
  return [
    ...[400, 401, 429, 500, 503].map((status) => ({
      status,
      pieces: [comes === 'whole' ? counted : `data: ${counted}\n\n`],
    })),
    { status: 500, pieces: answer },
  ];
}

/** Each error alone, before the end marker, and behind the beginning of an answer, in turn. */
function streams(upstream: EndDialect): string[][] {
  const dialect = replies[upstream];
  const start = dialect.start(upstream === 'anthropic-messages' ? 'input' : 'nothing');
  const known = bodies.filter((body) => Object.keys(body).length > 0);
  return [
    ...known.map((body, index) => {
      const event = sse(body);
      return [[event], [event, sse('[DONE]')], [...start, event]][index % 3] ?? [];
    }),
    ...lists.map((body) => [sse(body)]),
    [sse({})],
    [],
    [': ping\n\n'],
    [sse('[DONE]')],
    [...start, sse('[DONE]')],
    [`event: error\n${sse({ type: 'error', error: { type: 'api_error', message: 'It broke' } })}`],
    [sse({ type: 'response.failed', response: { status: 'failed', error: { message: 'It broke' }, usage } })],
    [sse({ type: 'response.completed', response: { status: 'failed', error: { message: 'It broke' }, usage } })],
  ];
}

const rows: Row[] = Object.entries(routes).flatMap(([route, { upstream }]) =>
  (Object.keys(forms) as Form[]).flatMap((form): Row[] => {
    const { asks, comes, types } = forms[form];
    if (upstream === 'openai-embeddings' && asks === 'stream') return [];
    const successes =
      comes === 'stream' ? streams(upstream) : [...bodies, ...lists].map((body) => [JSON.stringify(body)]);
    const scripts = [...successes.map((pieces) => ({ status: 200, pieces })), ...refusals({ upstream }, comes)];
    return scripts.map((script, index) => {
      const contentType = types[index % types.length];
      const label = contentType === undefined ? {} : { contentType };
      return { route, form, script: { ...script, ...label, isStream: comes === 'stream', last: 'end' } };
    });
  }),
);

/** The request of a row, marked so that the upstream knows which answer is meant. */
function requestOf({ route, form }: Row, index: number): { path: string; body: object } {
  const { dialect, model } = routes[route] ?? { dialect: 'openai-chat' };
  const { path, request } = replies[dialect];
  const text = JSON.stringify(request)
    .replaceAll(/(?:word ){1000}/g, `row-${index}- `)
    .replace('100000', '50');
  return {
    path,
    body: {
      ...JSON.parse(text),
      ...(model ? { model } : {}),
      ...(forms[form].asks === 'stream' ? { stream: true } : {}),
    },
  };
}

/** The receipt of a request, as soon as it is closed; null where nothing was ever held for it. */
function receiptOf({ call }: TestBackend, reply: Response): Promise<Receipt | null> {
  return eventually(async () => {
    const found = await call(`/v1/generation?id=${reply.headers.get('x-corvus-request-id')}`);
    if (found.status === 404) return null;
    const receipt = receiptSchema.parse(await found.json());
    expect(receipt.status).not.toBe('open');
    return receipt;
  });
}

/** What is wrong with what a row's client got and was charged; null: nothing. */
async function faultOf(row: Row, index: number): Promise<string | null> {
  const { path, body } = requestOf(row, index);
  const reply = await service.call(path, { body });
  const text = await reply.text();
  const receipt = await receiptOf(service, reply);
  if (!receipt) return JSON.stringify({ sent: row.script, got: { status: reply.status, text }, receipt: null });
  const isFree = receipt.status === 'released' && receipt.cost === '0.00' && receipt.outcome !== 'completed';
  const isJson = reply.status >= 400 && errorSchema.safeParse(text).success;
  const isEvent = forms[row.form].asks === 'stream' && reply.status === 200 && /"error"|"response.failed"/.test(text);
  if (isFree && (isJson || isEvent)) return null;
  const { status, cost, outcome } = receipt;
  return JSON.stringify({ sent: row.script, got: { status: reply.status, text }, receipt: { status, cost, outcome } });
}

/** Error bodies of all dialects have this in common. */
const errorSchema = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('no JSON');
      return z.NEVER;
    }
  })
  .pipe(z.object({ error: z.object({ message: z.string().min(1) }) }));

const faults: (string | null)[] = [];

/** All rows at one service, several at once. */
beforeAll(async () => {
  upstream.playRows(rows.map(({ script }) => script));
  const waiting = rows.entries();
  const ask = async (): Promise<void> => {
    for (const [index, row] of waiting) faults[index] = await faultOf(row, index);
  };
  await Promise.all(Array.from({ length: 24 }, ask));
}, 120_000);

const cells = Object.keys(routes).flatMap((route) =>
  (Object.keys(forms) as Form[]).map((form) => [route, form] as const),
);

test.each(cells.filter(([route, form]) => rows.some((row) => row.route === route && row.form === form)))(
  '%s, %s: no error costs anything, and each is told as an error',
  (route, form) => {
    expect(
      rows.flatMap((row, index) => (row.route === route && row.form === form ? (faults[index] ?? []) : [])),
    ).toEqual([]);
  },
);

describe.each([
  ['the next credential', undefined],
  ['the next model of a plan', 'mesh'],
] as const)('%s is asked', (_who, plan) => {
  // Each form once is enough where every dialect was tested above.
  const broken = bodies.filter((_body, index) => index % 4 === 0).map((body) => JSON.stringify(body));
  const begun =
    'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":900,"output_tokens":1}}}\n\n';
  const scripts: [EndDialect, Script][] = [
    ...broken.map((body): [EndDialect, Script] => ['openai-chat', { isStream: false, pieces: [body], last: 'end' }]),
    ...broken.map((body): [EndDialect, Script] => [
      'openai-chat',
      { isStream: true, pieces: [`data: ${body}\n\n`, sse('[DONE]')], last: 'end' },
    ]),
    ['openai-chat', { isStream: true, pieces: [sse('[DONE]')], last: 'end' }],
    [
      'openai-responses',
      {
        isStream: true,
        pieces: [...replies['openai-responses'].start('nothing'), replies['openai-responses'].error('all')],
        last: 'end',
      },
    ],
    ['openai-responses', { isStream: false, pieces: [replies['openai-responses'].wholeError('all')], last: 'end' }],
    [
      'anthropic-messages',
      { isStream: true, pieces: [begun, replies['anthropic-messages'].error('nothing')], last: 'end' },
    ],
    ['anthropic-messages', { isStream: true, pieces: [begun, ': ping\n\n'], last: 'break' }],
    [
      'anthropic-messages',
      { isStream: false, pieces: [replies['anthropic-messages'].wholeError('nothing')], last: 'end' },
    ],
  ];
  test.each(
    scripts.map(
      ([name, script]) =>
        [name, script.isStream ? 'streamed' : 'whole', script.pieces.join('').replaceAll('\n', ' '), script] as const,
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
    const receipt = await receiptOf(fresh, reply);
    expect(receipt).toMatchObject({ status: 'settled', outcome: 'completed', cost: '0.0012', writtenOff: '0.00' });
    expect(receipt?.attempts?.map(({ errorCode }) => errorCode === null)).toEqual([false, true]);
  });
});
