import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Routing } from '#shared/domain/routing.ts';
import { noRouting } from '#shared/domain/routing.ts';
import { type MockUpstream, type Script, startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { coreOfFile, type RunningCore } from './start-core.ts';

type Plan = Routing['plans'][number];

const ask = { model: 'team/best', messages: [{ role: 'user', content: 'Hello' } as const] };

const running = coreOfFile();
let plansMade = 0;

interface PlanOfThree {
  core: RunningCore;
  key: string;
  upstreams: readonly MockUpstream[];
  /** The ids of their providers, in no other test's plan. */
  ids: readonly [string, string, string];
}

async function upstream(): Promise<MockUpstream> {
  const started = await startMockUpstream();
  onTestFinished(() => started.close());
  return started;
}

async function planOfThree(parts: Partial<Plan> = {}): Promise<PlanOfThree> {
  const core = running();
  plansMade += 1;
  const ids = [`p0-${plansMade}`, `p1-${plansMade}`, `p2-${plansMade}`] as const;
  const upstreams = [await upstream(), await upstream(), await upstream()];
  for (const [index, { origin }] of upstreams.entries())
    await core.addProvider(`p${index}-${plansMade}`, 'openai', origin, `sk-${index}`);
  const candidates = ids.map((id, index) => ({ model: `model-${index}`, route: `provider:${id}` }));
  const plan: Plan = {
    name: 'team/best',
    mode: 'mesh',
    arbiter: null,
    candidates,
    priceCeiling: 'any',
    onBillingError: 'on',
    ...parts,
  };
  await core.handlers['routing.set']({ plans: [plan], rules: [] });
  return { core, key: await core.newKey(), upstreams, ids };
}

async function askPlan({ core, key }: PlanOfThree, isStream = false) {
  const { client, calls } = core.openai(key);
  if (isStream) {
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...ask, stream: true }))
      text += chunk.choices[0]?.delta.content ?? '';
    return { text, calls: calls(), row: await core.newest() };
  }
  const reply = await client.chat.completions.create(ask);
  return { text: reply.choices[0]?.message.content, calls: calls(), row: await core.newest() };
}

const errorStream = 'data: {"error":{"message":"The engine is overloaded.","type":"server_error"}}\n\n';
const outOfCredit = JSON.stringify({
  type: 'error',
  error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' },
});

test.each<[string, Script, boolean, string | null, number | null]>([
  ['dead', { fault: { kind: 'reset-before-headers' } }, false, 'upstream_connection_error', null],
  ['rate-limited', { status: 429, body: '{"error":{"message":"slow down"}}' }, false, null, 429],
  ['broken', { status: 500, body: '{"error":{"message":"no"}}' }, false, null, 500],
  ['out of credit, said as 400', { status: 400, body: outOfCredit }, false, 'upstream_out_of_credit', 400],
  [
    'out of credit, said as 402',
    { status: 402, body: '{"error":{"message":"pay"}}' },
    false,
    'upstream_out_of_credit',
    402,
  ],
  ['lying: a web page', { headers: { 'content-type': 'text/html' }, body: '<html>' }, false, 'upstream_not_json', 200],
  ['lying: an error as a success', { body: '{"error":{"message":"no"}}' }, false, 'upstream_interrupted', 200],
  ['lying: nothing as a success', { body: '' }, false, 'upstream_truncated', 200],
  ['lying: a stream that opens with an error', { body: errorStream }, true, 'upstream_interrupted', 200],
  ['lying: a stream of nothing', { body: '' }, true, 'upstream_truncated', 200],
])(
  'a first candidate that is %s: the second answers, and the row shows it',
  async (_name, script, isStream, errorCode, httpStatus) => {
    const plan = await planOfThree();
    const [first, second, third] = plan.upstreams;
    // A connection that breaks before any answer is tried once more on the same upstream.
    for (let tries = 0; tries < 2; tries += 1) first?.script(script);
    const { text, calls, row } = await askPlan(plan, isStream);
    expect(text).toBeTruthy();
    expect(calls).toBe(1);
    expect(second?.received).toHaveLength(1);
    expect(third?.received).toHaveLength(0);
    expect(JSON.parse(second?.received[0]?.body.toString() ?? '')).toMatchObject({ model: 'model-1' });
    expect(row).toMatchObject({
      status: 'completed',
      modelRequested: 'team/best',
      plan: 'team/best',
      provider: plan.ids[1],
      routeReason: 'bound',
      attempts: [
        { number: 1, provider: plan.ids[0], model: 'model-0', errorCode, httpStatus },
        { number: 2, provider: plan.ids[1], model: 'model-1', errorCode: null, httpStatus: 200 },
      ],
    });
  },
);

test('when all three fail, the client gets the last failure once, and nothing is counted', async () => {
  const plan = await planOfThree();
  for (const each of plan.upstreams) each.script({ status: 500, body: '{"error":{"message":"no"}}' });
  const { client } = plan.core.openai(plan.key);
  await expect(client.chat.completions.create(ask, { maxRetries: 0 })).rejects.toMatchObject({ status: 500 });
  expect(await plan.core.newest()).toMatchObject({
    status: 'failed',
    provider: plan.ids[2],
    cost: '0.00',
    attempts: [{}, {}, {}],
  });
});

test('a candidate that just failed is asked last', async () => {
  const plan = await planOfThree();
  plan.upstreams[0]?.script({ status: 503, body: '{"error":{"message":"no"}}' });
  await askPlan(plan);
  await askPlan(plan);
  expect(plan.upstreams.map(({ received }) => received.length)).toEqual([1, 2, 0]);
});

test('without permission, an empty account ends the call: no other provider is charged', async () => {
  const plan = await planOfThree({ onBillingError: 'off' });
  plan.upstreams[0]?.script({ status: 402, body: '{"error":{"message":"pay"}}' });
  const { client } = plan.core.openai(plan.key);
  await expect(client.chat.completions.create(ask)).rejects.toMatchObject({ status: 402 });
  expect(plan.upstreams.map(({ received }) => received.length)).toEqual([1, 0, 0]);
});

test('a refusal of the request itself does not lead to another provider', async () => {
  const plan = await planOfThree();
  plan.upstreams[0]?.script({ status: 400, body: '{"error":{"message":"max_tokens is too large"}}' });
  const { client } = plan.core.openai(plan.key);
  await expect(client.chat.completions.create(ask)).rejects.toThrow('max_tokens is too large');
  expect(plan.upstreams[1]?.received).toHaveLength(0);
});

test('a more expensive candidate is not asked under the price ceiling', async () => {
  const core = running();
  const candidates = [
    { model: 'gpt-5-mini', route: 'auto' },
    { model: 'gpt-5', route: 'auto' },
  ];
  const plan: Plan = {
    name: 'cheap',
    mode: 'mesh',
    arbiter: null,
    candidates,
    priceCeiling: 'same-or-cheaper',
    onBillingError: 'on',
  };
  await core.handlers['routing.set']({ plans: [plan], rules: [] });
  const { client } = core.openai(await core.newKey());
  const script = '#echo error 503';
  await expect(
    client.chat.completions.create(
      { model: 'cheap', messages: [{ role: 'user', content: script }] },
      { maxRetries: 0 },
    ),
  ).rejects.toMatchObject({ status: 503 });
  expect((await core.newest()).attempts).toHaveLength(1);
});

test('a rule sends a call elsewhere, and a bound key stays bound', async () => {
  const plan = await planOfThree();
  const { core, upstreams } = plan;
  const rule = {
    model: 'gpt-*',
    hasTools: null,
    minInputTokens: null,
    maxInputTokens: null,
    hours: null,
    use: 'team/best',
  };
  const { plans } = await core.handlers['routing.get'](undefined);
  await core.handlers['routing.set']({ plans, rules: [rule] });
  await core.openai(plan.key).client.chat.completions.create({ ...ask, model: 'gpt-9' });
  expect(upstreams[0]?.received).toHaveLength(1);
  expect(await core.newest()).toMatchObject({ modelRequested: 'gpt-9', plan: 'team/best', provider: plan.ids[0] });
  const bound = await core.newKey(`provider:${plan.ids[2]}`);
  await core.openai(bound).client.chat.completions.create(ask);
  expect(upstreams.map(({ received }) => received.length)).toEqual([1, 0, 1]);
});

test('plans are listed as models, and two of one name are refused', async () => {
  const { core, key } = await planOfThree();
  const { data } = await core.openai(key).client.models.list();
  expect(data.map(({ id }) => id)).toContain('team/best');
  const { plans } = await core.handlers['routing.get'](undefined);
  await expect(core.handlers['routing.set']({ plans: [...plans, ...plans], rules: [] })).rejects.toMatchObject({
    code: 'conflict',
  });
  await core.handlers['routing.set'](noRouting);
});

test('an unreachable candidate is skipped', async () => {
  const plan = await planOfThree();
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const address = closed.address();
  await new Promise((resolve) => closed.close(resolve));
  await plan.core.addProvider(
    'gone',
    'openai',
    `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    'sk-gone',
  );
  const { plans } = await plan.core.handlers['routing.get'](undefined);
  const [only] = plans;
  const candidates = [{ model: 'x', route: 'provider:gone' }, ...(only?.candidates ?? [])];
  await plan.core.handlers['routing.set']({ plans: only ? [{ ...only, candidates }] : [], rules: [] });
  const { row } = await askPlan(plan);
  expect(row.attempts.map(({ provider, errorCode }) => [provider, errorCode])).toEqual([
    ['gone', 'upstream_connection_error'],
    [plan.ids[0], null],
  ]);
});

test('a session stays with the candidate that answered it last; others begin at the first again', async () => {
  const plan = await planOfThree();
  plan.upstreams[0]?.script({ status: 400, body: outOfCredit });
  const { client } = plan.core.openai(plan.key);
  const turn = (user: string) => client.chat.completions.create({ ...ask, user });
  await turn('one');
  await turn('one');
  await turn('two');
  expect(plan.upstreams.map(({ received }) => received.length)).toEqual([2, 2, 0]);
});

test('a plan with `ask` stops at an empty account and notifies that it could go on', async () => {
  const plan = await planOfThree({ onBillingError: 'ask' });
  plan.upstreams[0]?.script({ status: 402, body: '{"error":{"message":"pay"}}' });
  const { client } = plan.core.openai(plan.key);
  await expect(client.chat.completions.create(ask)).rejects.toMatchObject({ status: 402 });
  expect(plan.core.notifications).toEqual([
    { title: `${plan.ids[0]} has no money left`, body: expect.stringContaining('team/best') },
  ]);
  expect(plan.upstreams[1]?.received).toHaveLength(0);
});
