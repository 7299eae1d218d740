import { describe, expect, onTestFinished, test } from 'vitest';
import { providerIdSchema } from '#shared/ids.ts';
import { parseUsd, sumUsd, usdText, zeroUsd } from '#shared/money.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { coreOfFile, type RunningCore } from './start-core.ts';

const messages = [{ role: 'user', content: 'Hello' } as const];
const compareTwo = 'corvus/compare:glm-4.6,claude-haiku-4-5';

const running = coreOfFile();

async function start() {
  const core = running();
  const key = await core.newKey();
  return { core, key, ...core.openai(key) };
}

/** What its parts cost, as their rows have it. */
async function costOfParts(core: RunningCore, id: string | null) {
  const { parts } = await core.row(id);
  const costs = await Promise.all(parts.map(async (part) => parseUsd((await core.row(part.id)).cost ?? '') ?? zeroUsd));
  return usdText(sumUsd(costs));
}

describe('compare', () => {
  test('all answer side by side; each is a request of its own, and the total is the sum of their costs', async () => {
    const { core, client } = await start();
    const { data, response } = await client.chat.completions.create({ model: compareTwo, messages }).withResponse();
    const text = data.choices[0]?.message.content ?? '';
    expect(text).toContain('## glm-4.6\n\nHello from Corvus');
    expect(text).toContain('## claude-haiku-4-5\n\nHello from Corvus');
    expect(data).toMatchObject({ corvus: { parts: [{ model: 'glm-4.6' }, { model: 'claude-haiku-4-5' }] } });
    const id = response.headers.get('x-corvus-request-id');
    const row = await core.row(id);
    expect(row).toMatchObject({
      status: 'completed',
      plan: compareTwo,
      lane: null,
      routeReason: 'plan',
      cost: null,
      costKind: 'parts',
      parts: [{}, {}],
    });
    expect(row.parts.map(({ modelRequested, lane }) => [modelRequested, lane])).toEqual([
      ['glm-4.6', 'prepaid'],
      ['claude-haiku-4-5', 'prepaid'],
    ]);
    expect(await costOfParts(core, id)).toBe(response.headers.get('x-corvus-cost-usd'));
    expect(await core.row(row.parts[0]?.id)).toMatchObject({ parentId: id });
  });

  test('streams, in any dialect', async () => {
    const { core, key, client } = await start();
    const chat = await client.chat.completions
      .stream({ model: compareTwo, messages, stream_options: { include_usage: true } })
      .finalChatCompletion();
    expect(chat.choices[0]?.message.content).toMatch(/## glm-4.6[^]*## |## claude/);
    expect(chat.usage?.total_tokens).toBeGreaterThan(0);
    const message = await core
      .anthropic(key)
      .client.messages.stream({ model: compareTwo, max_tokens: 300, messages: [...messages] })
      .finalMessage();
    expect(message.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('## claude-haiku-4-5') });
    const response = await client.responses.stream({ model: compareTwo, input: 'Hello' }).finalResponse();
    expect(response.output_text).toContain('## glm-4.6');
  });

  test('a model that cannot answer is reported beside the others; when none can, the call is an error', async () => {
    const { client } = await start();
    const partly = await client.chat.completions.create({ model: 'corvus/compare:no-such-model,glm-4.6', messages });
    expect(partly.choices[0]?.message.content).toMatch(/## no-such-model\n\nNo answer: [^]*## glm-4.6\n\nHello/);
    const none = client.chat.completions.create(
      { model: 'corvus/compare:no-such-model,nor-this', messages },
      { maxRetries: 0 },
    );
    await expect(none).rejects.toMatchObject({ status: 503, code: 'no_upstream_capacity' });
  });

  test('as an endpoint, with a list of models', async () => {
    const { core, key } = await start();
    const post = (path: string, body: object) =>
      fetch(core.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const compared = (await (await post('/v1/compare', { models: ['glm-4.6', 'gpt-5-pro'], messages })).json()) as {
      choices: { message: { content: string } }[];
    };
    expect(compared.choices[0]?.message.content).toContain('## gpt-5-pro');
    const refused = await post('/v1/judge', { models: ['glm-4.6', 'gpt-5-pro'], messages });
    expect(await refused.json()).toMatchObject({ error: { code: 'bad_request', param: 'judge' } });
  });

  test('tools are for one model at a time', async () => {
    const { client } = await start();
    const tools = [{ type: 'function' as const, function: { name: 'weather' } }];
    await expect(client.chat.completions.create({ model: compareTwo, messages, tools })).rejects.toMatchObject({
      status: 400,
      param: 'tools',
    });
  });
});

describe('blend and judge', () => {
  async function withArbiter(mode: 'blend' | 'judge', said: string) {
    const { core, key, client } = await start();
    const upstream = await startMockUpstream();
    onTestFinished(() => upstream.close());
    await core.addProvider('arbiter', 'openai', upstream.origin, 'sk-arbiter');
    onTestFinished(
      async () => void (await core.handlers['providers.remove']({ id: providerIdSchema.parse('arbiter') })),
    );
    upstream.script({
      body: JSON.stringify({ choices: [{ message: { role: 'assistant', content: said }, finish_reason: 'stop' }] }),
    });
    const candidates = ['glm-4.6', 'claude-haiku-4-5'].map((model) => ({ model, route: 'prepaid' }));
    const arbiter = { model: 'referee', route: 'provider:arbiter' };
    await core.handlers['routing.set']({
      plans: [{ name: 'panel', mode, candidates, arbiter, priceCeiling: 'any', onBillingError: 'on' }],
      rules: [],
    });
    const reply = await client.chat.completions.create({ model: 'panel', messages });
    return { core, key, upstream, text: reply.choices[0]?.message.content ?? '' };
  }

  test('the arbiter sees all answers and writes one', async () => {
    const { core, upstream, text } = await withArbiter('blend', 'The best of both.');
    expect(text).toBe('The best of both.');
    const asked = upstream.received[0]?.body.toString() ?? '';
    expect(asked).toContain('<answer number=\\"2\\">');
    expect(asked).toContain('Hello from Corvus');
    expect((await core.newest()).parentId).not.toBeNull();
  });

  test('the best answer wins, and the scores stand below it', async () => {
    const verdict =
      '```json\n{"scores":[{"answer":1,"score":4,"reason":"Short."},{"answer":2,"score":9,"reason":"Right."}],"winner":2}\n```';
    const { text } = await withArbiter('judge', verdict);
    expect(text).toMatch(
      /^Hello from Corvus[^]*---\n- \*\*claude-haiku-4-5\*\* 9\/10: Right\.\n- \*\*glm-4.6\*\* 4\/10: Short\.\n$/,
    );
  });

  test('an unreadable verdict does not lose the answer', async () => {
    const { text } = await withArbiter('judge', 'I like both.');
    expect(text).toMatch(/^Hello from Corvus[^]*cannot be read/);
  });
});

test('auto asks the cheapest that fits, and others when it cannot', async () => {
  const { core, client } = await start();
  await client.chat.completions.create({ model: 'corvus/auto:gpt-5-pro,claude-haiku-4-5', messages });
  expect(await core.newest()).toMatchObject({
    plan: 'corvus/auto:gpt-5-pro,claude-haiku-4-5',
    attempts: [{ model: 'claude-haiku-4-5' }],
  });
});

test('a part with a failure in the form of a success is reported, and its usage is still in its row', async () => {
  const { core, client } = await start();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  await core.handlers['providers.add']({
    id: providerIdSchema.parse('broken'),
    kind: 'custom',
    baseUrl: `${upstream.origin}/v1`,
    custom: { dialects: ['openai-responses'], isLocal: true },
    key: null,
  });
  const usage = { input_tokens: 7, output_tokens: 2, total_tokens: 9 };
  const body = JSON.stringify({
    status: 'failed',
    model: 'm',
    error: { message: 'The model broke.' },
    output: [],
    usage,
  });
  upstream.script({ status: 200, headers: { 'content-type': 'application/json' }, body });
  const candidates = [
    { model: 'corvus/echo', route: 'prepaid' },
    { model: 'm', route: 'provider:broken' },
  ];
  const plan = {
    name: 'pair',
    mode: 'compare',
    candidates,
    arbiter: null,
    priceCeiling: 'any',
    onBillingError: 'on',
  } as const;
  await core.handlers['routing.set']({ plans: [{ ...plan, candidates }], rules: [] });
  const { data, response } = await client.chat.completions.create({ model: 'pair', messages }).withResponse();
  expect(data.choices[0]?.message.content).toContain(
    '## m\n\nNo answer: The upstream reported an error inside a successful answer: The model broke.',
  );
  const { parts } = await core.row(response.headers.get('x-corvus-request-id'));
  const failed = await core.row(parts.find(({ modelRequested }) => modelRequested === 'm')?.id);
  expect(failed).toMatchObject({
    status: 'failed',
    errorCode: 'upstream_interrupted',
    inputTokens: 7,
    outputTokens: 2,
  });
});
