import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Receipt, receiptSchema } from '#shared/account/receipt.ts';
import { requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { nanoUsd, parseUsd, usdText } from '#shared/money.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { eventually } from '../../support/eventually.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { type EndRow, readTableOfEnds } from './ends/read-table.ts';
import {
  deliveredTokens,
  type DialectReplies,
  type EndDialect,
  largeTextBytes,
  pieceCount,
  pieceText,
  replies,
  reported,
  type ReportedUsage,
} from './ends/replies.ts';
import { type Script, type ScriptedUpstream, startScriptedUpstream } from './ends/scripted-upstream.ts';

const nanosPerInput = 1_000n;
const nanosPerOutput = 4_000n;
const sold = { name: 'Ends', provider: 'openai', family: 'openai', mode: 'chat', prepaid: true } as const;
const prices = { input: '1.00', output: '4.00' };
const priceCatalogue = parseCatalogue({
  ...catalogue,
  models: [
    { ...sold, slug: 'ends', dialects: ['openai-chat', 'openai-completions', 'openai-responses'], prices },
    { ...sold, slug: 'ends-embedding', mode: 'embedding', dialects: ['openai-embeddings'], prices },
    { ...sold, slug: 'ends-messages', family: 'anthropic', dialects: ['anthropic-messages'], prices },
    {
      ...sold,
      slug: 'ends-dear',
      dialects: ['openai-chat', 'openai-completions', 'openai-responses'],
      prices: { input: '1.00', output: '10000.00' },
    },
    {
      ...sold,
      slug: 'ends-messages-dear',
      family: 'anthropic',
      dialects: ['anthropic-messages'],
      prices: { input: '1.00', output: '10000.00' },
    },
  ],
});

const adminToken = 'operator-token-of-the-test-0123456789';
/** Everything is bought at half of what it is sold for. */
const costs = [{ credential: '*', model: 'ends*', prices: { input: '0.50', output: '2.00' } }];

let upstream: ScriptedUpstream;
let service: TestBackend;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const pools = {
    openai: [upstream.credential('one', 'openai')],
    anthropic: [upstream.credential('other', 'anthropic')],
  };
  service = await startTestBackend({ priceCatalogue, pools, costs, adminToken });
});

afterAll(async () => {
  expect(await service.backend.verify()).toEqual([]);
  await service[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const conversations: readonly EndDialect[] = [
  'openai-chat',
  'openai-completions',
  'openai-responses',
  'anthropic-messages',
];
const dialectsOf: Readonly<Record<string, readonly EndDialect[]>> = {
  conversations,
  all: [...conversations, 'openai-embeddings'],
  Messages: ['anthropic-messages'],
  Responses: ['openai-responses'],
  embeddings: ['openai-embeddings'],
};
const usageOf: Readonly<Record<string, ReportedUsage>> = {
  nothing: 'nothing',
  input: 'input',
  all: 'all',
  'output unreadable': 'unreadable',
  zeros: 'zeros',
  'all, but before the output': 'early',
};

function listed<T>(list: Readonly<Record<string, T>>, name: string): T {
  const found = list[name];
  if (found === undefined) throw new Error(`the table says "${name}"`);
  return found;
}

/** What the upstream does in a row, and whether the client leaves when all of it has come. */
interface Scene {
  script: Script;
  leaves: boolean;
}

function streamScene(dialect: DialectReplies, ended: string, usage: ReportedUsage): Scene {
  const start = dialect.start(usage);
  const said = [...start, ...Array.from({ length: pieceCount }, () => dialect.piece(pieceText))];
  const scene = (pieces: readonly string[], last: Script['last'] = 'end', more: Partial<Script> = {}): Scene => ({
    script: { isStream: true, pieces, last, ...more },
    leaves: last === 'stay',
  });
  const scenes: Readonly<Record<string, Scene>> = {
    whole: scene([...said, ...dialect.finish(usage)]),
    'the upstream broke off before output': scene(start, 'break'),
    'the upstream broke off after output': scene(said, 'break'),
    'the client left before output': scene(start, 'stay'),
    'the client left after output': scene(said, 'stay'),
    'the client left after the last event': scene([...said, ...dialect.finish(usage)], 'stay'),
    'the balance ran out': scene(
      Array.from({ length: 100 }, () => said.join('')),
      'end',
    ),
    'an error status': scene([dialect.wholeError(usage)], 'end', { status: 400, isStream: false }),
    'an error in place of an answer': scene([...start, dialect.error(usage)]),
    'an error after output': scene([...said, dialect.error(usage)]),
    'nothing in it': scene(dialect.emptyStream),
  };
  return listed(scenes, ended);
}

function wholeScene(dialect: DialectReplies, ended: string, usage: ReportedUsage, isLarge: boolean): Scene {
  const text = isLarge ? 'x'.repeat(largeTextBytes) : pieceText.repeat(pieceCount);
  const whole = dialect.whole(text, usage);
  const part = whole.includes(text) ? whole.slice(0, whole.indexOf(text) + text.length) : whole.slice(0, -100);
  const scene = (pieces: readonly string[], last: Script['last'] = 'end', status = 200): Scene => ({
    script: { isStream: false, pieces, last, status },
    leaves: last === 'stay',
  });
  const scenes: Readonly<Record<string, Scene>> = {
    whole: scene([whole]),
    'the upstream broke off': scene([part], 'break'),
    'the client left': scene([part], 'stay'),
    'an error status': scene([dialect.wholeError(usage)], 'end', 400),
    'an error in place of an answer': scene([dialect.wholeError(usage)]),
    'nothing in it': scene(['{}']),
  };
  return listed(scenes, ended);
}

/** The amounts of a row's rule, in nano-dollars. */
function amounts(row: EndRow, sentBytes: number): { cost: bigint; writtenOff: bigint } {
  const estimated = BigInt(Math.ceil(sentBytes / 3)) * nanosPerInput;
  const input = BigInt(reported.input) * nanosPerInput;
  const output = BigInt(row.dialects === 'embeddings' ? 0 : reported.output) * nanosPerOutput;
  const delivered = BigInt(row.reply.endsWith('large') ? largeTextBytes / 4 : deliveredTokens) * nanosPerOutput;
  const rules: Readonly<Record<string, { cost: bigint; writtenOff?: bigint }>> = {
    nothing: { cost: 0n },
    'nothing; leaving is written off': { cost: 0n },
    reported: { cost: input + output },
    input: { cost: estimated },
    'input and delivered output': { cost: estimated + delivered },
    'reported input and delivered output': { cost: input + delivered },
    'nothing; the platform pays the reported input': { cost: 0n, writtenOff: input },
    'nothing; the platform pays what was reported': { cost: 0n, writtenOff: input + output },
  };
  return { writtenOff: 0n, ...listed(rules, row.charged) };
}

/** An ending that could begin the upstream's credential is passed on with what follows it. */
const mostHeldBack = 64;

let asked = 0;
const nextRequestId = () => requestIdSchema.parse(timeOrderedId('req', (asked += 1), new Uint8Array(10)));

/** Asks, reads what comes and leaves when it has all come, if that is how the row ends. */
async function ask(path: string, body: string, { script, leaves }: Scene, key = service.customerKey): Promise<Receipt> {
  const requestId = nextRequestId();
  const leaving = new AbortController();
  upstream.play(script);
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'x-corvus-request-id': requestId,
  };
  const reply = fetch(service.baseUrl + path, { method: 'POST', body, headers, signal: leaving.signal });
  const wanted = leaves ? Buffer.byteLength(script.pieces.join('')) - mostHeldBack : Number.POSITIVE_INFINITY;
  const isHeldBack = leaves && !script.isStream && wanted <= 256 * 1024;
  if (isHeldBack) await upstream.asked();
  else await readUpTo(wanted, reply);
  leaving.abort();
  await reply.catch(() => undefined);
  return eventually(async () => {
    const receipt = receiptSchema.parse(await (await service.call(`/v1/generation?id=${requestId}`, { key })).json());
    expect(receipt.status).not.toBe('open');
    return receipt;
  });
}

async function readUpTo(wanted: number, reply: Promise<Response>): Promise<void> {
  const reader = (await reply).body?.getReader();
  let bytes = 0;
  while (reader && bytes < wanted) {
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
    if (done) return;
    bytes += value?.length ?? 0;
  }
}

const nanos = (text: string): bigint => parseUsd(text) ?? -1n;
const rows = readTableOfEnds().flatMap((row) =>
  listed(dialectsOf, row.dialects).map((dialect) => ({ ...row, dialect })),
);

test('the table has rows', () => expect(rows.length).toBeGreaterThan(90));

test.each(rows.filter(({ ended }) => ended !== 'the balance ran out'))(
  '$dialect, $reply, $ended, usage reported: $usage – $charged (F02, F08, F11, F17, D59, D60)',
  async (row) => {
    const dialect = replies[row.dialect];
    const isStream = row.reply === 'stream';
    const usage = listed(usageOf, row.usage);
    const scene = isStream
      ? streamScene(dialect, row.ended, usage)
      : wholeScene(dialect, row.ended, usage, row.reply.endsWith('large'));
    const asksForUsage =
      isStream && row.dialect.match(/chat|completions/) ? { stream_options: { include_usage: true } } : {};
    const body = JSON.stringify({ ...dialect.request, ...(isStream ? { stream: true } : {}), ...asksForUsage });
    const receipt = await ask(dialect.path, body, scene);
    const expected = amounts(
      { ...row, dialects: row.dialect === 'openai-embeddings' ? 'embeddings' : row.dialects },
      Buffer.byteLength(body),
    );
    expect(nanos(receipt.cost)).toBe(expected.cost);
    // What leaving costs grows with the time that it took.
    if (row.charged.endsWith('leaving is written off')) expect(nanos(receipt.writtenOff)).toBeGreaterThan(0n);
    else expect(nanos(receipt.writtenOff)).toBe(expected.writtenOff);
    expect(receipt.status).toBe(expected.cost === 0n ? 'released' : 'settled');
    expect(receipt.usageSource).toBe(sourceOf(row));
    expect(await marginOf(receipt)).toEqual(expectedMargin(receipt));
  },
);

/** What the operator sees of a request's margin; null: it is not among those that cost anything. */
async function marginOf({ requestId }: Receipt) {
  const reply = await service.call(`/admin/api/margins/requests?q=${requestId}`, { key: adminToken });
  const [row] = marginsSchema.parse(await reply.json()).data;
  return row ?? null;
}

const marginsSchema = z.object({
  data: z.array(z.object({ sold: z.string(), upstreamCost: z.string().nullable(), margin: z.string().nullable() })),
});

function expectedMargin({ cost, writtenOff }: Receipt) {
  const worth = nanos(cost) + nanos(writtenOff);
  if (worth === 0n) return null;
  const text = (amount: bigint) => usdText(nanoUsd(amount));
  return { sold: cost, upstreamCost: text(worth / 2n), margin: text(nanos(cost) - worth / 2n) };
}

function sourceOf({ charged, usage }: EndRow): Receipt['usageSource'] {
  if (charged === 'nothing' || charged.endsWith('leaving is written off')) return 'missing';
  return usage === 'all' ? 'provider' : 'estimated';
}

test.each(rows.filter(({ ended }) => ended === 'the balance ran out'))(
  '$dialect, $reply, $ended – $charged, and nothing is left (F02)',
  async ({ dialect: name, ended }) => {
    const dialect = replies[name];
    const { customerKey } = await service.backend.createAccount('dear');
    const body = JSON.stringify({ ...dialect.request, model: `${dialect.model}-dear`, stream: true });
    const receipt = await ask(dialect.path, body, streamScene(dialect, ended, 'nothing'), customerKey);
    expect(receipt).toMatchObject({ status: 'settled', outcome: 'exhausted', cost: receipt.held });
    expect(await (await service.call('/v1/account', { key: customerKey })).json()).toMatchObject({
      balance: '0.00',
      held: '0.00',
    });
  },
);
