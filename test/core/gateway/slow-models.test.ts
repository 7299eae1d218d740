import { expect, onTestFinished, test } from 'vitest';
import { nodeClock } from '../../../src/main/host/node-ports.ts';
import { type MockUpstream, startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startCore } from './start-core.ts';

/** Every wait that a core asked for; those of the first-byte timeout in this test are over at once. */
async function startHurried(timeoutMs: number) {
  const waits: number[] = [];
  const clock = {
    ...nodeClock,
    after(delayMs: number, task: () => void) {
      waits.push(delayMs);
      return nodeClock.after(delayMs === timeoutMs ? 0 : delayMs, task);
    },
  };
  return { waits, core: await startCore({ clock }) };
}

test('the settings say how long a plan waits for a model to begin, by its kind', async () => {
  const { core, waits } = await startHurried(37_000);
  const upstreams: MockUpstream[] = [];
  for (const id of ['first', 'second']) {
    const upstream = await startMockUpstream();
    onTestFinished(() => upstream.close());
    await core.addProvider(id, 'openai', upstream.origin, `sk-${id}`);
    upstreams.push(upstream);
  }
  const candidates = ['first', 'second'].map((id) => ({ model: `model-${id}`, route: `provider:${id}` }));
  const plan = {
    name: 'team/best',
    mode: 'mesh',
    arbiter: null,
    candidates,
    priceCeiling: 'any',
    onBillingError: 'on',
  } as const;
  await core.handlers['routing.set']({ plans: [plan], rules: [] });
  await core.handlers['settings.set']({ firstByteTimeouts: { usual: 20, reasoning: 30, local: 37 } });
  upstreams[0]?.script({ fault: { kind: 'stall-before-headers' } });
  const { client } = core.openai(await core.newKey());
  const stream = await client.chat.completions.create({
    model: 'team/best',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).not.toBe('');
  expect(waits).toContain(37_000);
  expect((await core.newest()).attempts).toMatchObject([
    { provider: 'first', errorCode: 'upstream_timeout' },
    { provider: 'second', errorCode: null },
  ]);
});
