import OpenAI from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { providerIdSchema } from '#shared/ids.ts';
import { nodeClock } from '../../../src/main/host/node-ports.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startCore } from './start-core.ts';

const model = 'gpt-5.5';
const answer = (id: string) => ({
  id,
  object: 'response',
  created_at: 1,
  model,
  status: 'completed',
  store: true,
  output: [],
  usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
});
const limited = { status: 429, headers: { 'retry-after': '60' }, body: '{"error":{"message":"slow down"}}' };

async function start() {
  let offsetMs = 0;
  const core = await startCore({ clock: { ...nodeClock, nowMs: () => nodeClock.nowMs() + offsetMs } });
  const upstreamOf = async (name: string) => {
    const upstream = await startMockUpstream();
    onTestFinished(() => upstream.close());
    const id = providerIdSchema.parse(name);
    const custom = { dialects: ['openai-responses'], isLocal: false } as never;
    const added = {
      id,
      kind: 'custom' as const,
      baseUrl: `${upstream.origin}/v1`,
      custom,
      key: `sk-${name}-main-0123`,
    };
    await core.handlers['providers.add'](added);
    const say = (responseId: string): void =>
      upstream.script({ status: 200, body: JSON.stringify(answer(responseId)) });
    const askedWith = () => upstream.received.at(-1)?.headers.authorization;
    return { id, upstream, say, askedWith };
  };
  const client = (apiKey: string) => new OpenAI({ baseURL: `${core.url}/v1`, apiKey, maxRetries: 0 });
  const pass = (durationMs: number): void => void (offsetMs += durationMs);
  return { core, pass, upstreamOf, client };
}

test('a call that continues an answer goes to the key that made it, and to no other where that one fails', async () => {
  const { core, upstreamOf, client } = await start();
  const { id, upstream, say, askedWith } = await upstreamOf('mine');
  await core.handlers['providers.add-key']({ id, name: 'second', key: 'sk-second-0123456789', priority: 0, weight: 1 });
  const { responses } = client(await core.newKey('provider:mine'));
  const made = new Map<string, string | undefined>();
  for (let index = 0; index < 6; index += 1) {
    say(`resp_${index}`);
    await responses.create({ model, input: 'Hello', user: `u${index}` });
    made.set(`resp_${index}`, askedWith());
  }
  expect(new Set(made.values()).size).toBe(2);
  for (const [one, credential] of made) {
    for (const next of ['a', 'b']) {
      say(`${one}_${next}`);
      await responses.create({ model, input: 'Go on', previous_response_id: one, user: next });
      expect(askedWith()).toBe(credential);
    }
  }

  const before = upstream.received.length;
  upstream.script(limited);
  const refused = responses.create({ model, input: 'Go on', previous_response_id: 'resp_0' });
  await expect(refused).rejects.toMatchObject({ status: 429 });
  expect(upstream.received).toHaveLength(before + 1);
  // A call of its own still goes on with the other key.
  upstream.script(limited);
  say('resp_9');
  await responses.create({ model, input: 'Hello' });
});

test('of the models of a plan, the one whose provider made the answer continues it', async () => {
  const { core, pass, upstreamOf, client } = await start();
  const [first, second] = [await upstreamOf('first'), await upstreamOf('second')];
  await core.handlers['routing.set']({
    plans: [
      {
        name: 'team/two',
        mode: 'mesh',
        arbiter: null,
        candidates: ['first', 'second'].map((name) => ({ model, route: `provider:${name}` })),
        priceCeiling: 'any',
        onBillingError: 'on',
      },
    ],
    rules: [],
  });
  const { responses } = client(await core.newKey());
  const ask = (previous?: string) =>
    responses.create({ model: 'team/two', input: 'Hello', ...(previous && { previous_response_id: previous }) });
  first.upstream.script(limited);
  second.say('resp_1');
  await ask();
  pass(120_000);
  second.say('resp_2');
  expect((await ask('resp_1')).id).toBe('resp_2');
  expect(first.upstream.received).toHaveLength(1);
  // One that is not known here is asked for where the plan leads.
  first.say('resp_3');
  expect((await ask('resp_unknown')).id).toBe('resp_3');
});
