import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { noLimits } from '#shared/domain/local-key.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { eventually } from '../../support/eventually.ts';
import { startPaidService } from '../../support/start-paid-service.ts';
import { type RunningCore, startCore } from './start-core.ts';

const messages = [{ role: 'user' as const, content: '#echo tokens 20' }];
const chat = { model: 'corvus/echo', max_tokens: 20, messages };

interface Clients {
  openai: OpenAI;
  anthropic: Anthropic;
}

function clientsOf({ url }: RunningCore, apiKey: string): Clients {
  const options = { apiKey, maxRetries: 0 };
  return {
    openai: new OpenAI({ ...options, baseURL: `${url}/v1` }),
    anthropic: new Anthropic({ ...options, baseURL: `${url}/anthropic`, authToken: null }),
  };
}

/** The four calls that agents make, each resolves to the text of its answer. */
function askAll({ openai, anthropic }: Clients): Promise<string>[] {
  const streamed = async (): Promise<string> => {
    let text = '';
    for await (const { choices } of await openai.chat.completions.create({ ...chat, stream: true }))
      text += choices[0]?.delta.content ?? '';
    return text;
  };
  const textOf = ({ content }: Anthropic.Message): string =>
    content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
  return [
    openai.chat.completions.create(chat).then(({ choices }) => choices[0]?.message.content ?? ''),
    streamed(),
    anthropic.messages.create(chat).then(textOf),
    anthropic.messages.stream(chat).finalMessage().then(textOf),
  ];
}

interface RawStream {
  /** What came before the answer could begin. */
  first: string;
  rest(): Promise<string>;
}

/** A stream that is read byte by byte. Resolves once it has begun. */
async function beginStream({ url }: RunningCore, apiKey: string, path: string): Promise<RawStream> {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const reply = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify({ ...chat, stream: true }) });
  if (!reply.body) throw new Error('no body');
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  const first = (await reader.read()).value ?? '';
  return {
    first,
    async rest() {
      let text = '';
      for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
      return text;
    },
  };
}

async function waitForParked(core: RunningCore, count: number) {
  return eventually(async () => {
    const parked = await core.handlers['parked.list'](undefined);
    expect(parked).toHaveLength(count);
    return parked;
  });
}

test('the official SDKs’ calls wait at zero and complete after a top-up; and at an envelope, after it is raised', async () => {
  await using paid = await startPaidService();
  const core = await startCore();
  await core.handlers['account.connect']({ baseUrl: paid.service.baseUrl, customerKey: paid.service.customerKey });
  const { key, secret } = await core.handlers['keys.create']({
    label: 'Agent',
    route: 'prepaid',
    limits: { ...noLimits, waitMinutes: 5 },
  });
  const clients = clientsOf(core, secret);

  const atZero = askAll(clients);
  const parked = await waitForParked(core, 4);
  expect(
    new Set(
      parked.map(({ awaits, localKeyLabel, model, untilMs, sinceMs }) =>
        JSON.stringify([awaits, localKeyLabel, model, untilMs - sinceMs]),
      ),
    ),
  ).toEqual(new Set([JSON.stringify([{ kind: 'balance' }, 'Agent', 'corvus/echo', 300_000])]));
  expect(parked.every(({ required }) => required !== null && required !== '0.00')).toBe(true);
  expect(core.notifications.filter(({ title }) => title.includes('waits'))).toEqual([
    { title: 'A request of Agent waits for money', body: 'Top up, and it goes on. After 5 min it is refused.' },
  ]);
  // A stream is kept alive in its dialect while it waits, and ends with its own event where it waited in vain.
  // One after the other: the last that waits is the last of these.
  const begun: Awaited<ReturnType<typeof beginStream>>[] = [];
  for (const path of ['/v1/chat/completions', '/anthropic/v1/messages', '/v1/chat/completions'])
    begun.push(await beginStream(core, secret, path));
  expect(begun.map(({ first }) => first)).toEqual([
    ': keep-alive\n\n',
    'event: ping\ndata: {"type": "ping"}\n\n',
    ': keep-alive\n\n',
  ]);
  const last = (await waitForParked(core, 7)).at(-1);
  await core.handlers['parked.refuse']({ id: last?.requestId ?? ('' as never) });
  const ends = begun.map(({ rest }) => rest());
  expect(await Promise.race(ends)).toMatch(/^data: \{"error":\{.*"insufficient_credits"/);
  await paid.paidOrder('10.00');
  const texts = (await Promise.all(ends)).filter((text) => !text.includes('insufficient_credits'));
  expect(texts).toHaveLength(2);
  for (const text of texts) expect(text).toMatch(/data: \[DONE\]|message_stop/);
  for (const text of await Promise.all(atZero)) expect(text).not.toBe('');
  await waitForParked(core, 0);
  // An SDK is through with a stream at its last event, before the request is settled and its connection ends.
  await eventually(async () => {
    const { rows } = await core.handlers['requests.list']({ filter: noFilter, cursor: null, limit: 10 });
    expect(rows.map(({ status }) => status).toSorted()).toEqual([
      ...Array.from({ length: 6 }, () => 'completed'),
      'refused',
    ]);
  });

  const { id } = await core.handlers['envelopes.create']({
    name: 'Agent',
    scope: { kind: 'key', keyId: key.id },
    limit: '0.000001',
    period: 'day',
    timeZone: 'UTC',
    allowsUnpriced: false,
  });
  const atEnvelope = askAll(clients);
  expect((await waitForParked(core, 4)).map(({ awaits }) => awaits)).toEqual(
    Array.from({ length: 4 }, () => ({ kind: 'envelope', id })),
  );
  await core.handlers['envelopes.change']({ id, limit: '5.00' });
  for (const text of await Promise.all(atEnvelope)) expect(text).not.toBe('');

  // One that is refused by hand, one whose client leaves, one whose key ends, and one of a key that does not wait.
  await core.handlers['envelopes.change']({ id, limit: '0.000001' });
  const refused = clients.openai.chat.completions.create(chat).catch((error: unknown) => error);
  const [waiting] = await waitForParked(core, 1);
  expect(await core.handlers['parked.refuse']({ id: waiting?.requestId ?? ('' as never) })).toEqual({
    hasWaited: true,
  });
  expect(await refused).toMatchObject({ status: 402, code: 'insufficient_credits', error: { reason: 'envelope' } });
  const leaving = new AbortController();
  const left = clients.anthropic.messages.create(chat, { signal: leaving.signal }).catch((error: unknown) => error);
  await waitForParked(core, 1);
  leaving.abort();
  await left;
  await waitForParked(core, 0);
  const stream = clients.openai.chat.completions.create({ ...chat, stream: true }).catch((error: unknown) => error);
  await waitForParked(core, 1);
  await core.handlers['keys.revoke']({ id: key.id });
  await core.handlers['envelopes.change']({ id, limit: '5.00' });
  expect(await stream).toMatchObject({ status: 401, code: 'invalid_api_key' });
  const other = await core.handlers['keys.create']({ label: 'Other', route: 'prepaid' });
  await core.handlers['envelopes.create']({
    name: 'All',
    scope: { kind: 'everything' },
    limit: '0.000001',
    period: 'day',
    timeZone: 'UTC',
    allowsUnpriced: false,
  });
  await expect(clientsOf(core, other.secret).openai.chat.completions.create(chat)).rejects.toMatchObject({
    status: 402,
  });
});
