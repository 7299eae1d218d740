import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startCore } from './start-core.ts';

const messages = [{ role: 'user' as const, content: 'Hello' }];

test('a reset closes idle connections to upstreams, lets a running call end, and the next call opens a new one', async () => {
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const core = await startCore();
  const { client } = core.openai(await core.addProvider('lab', 'openai', upstream.origin, 'sk-lab'));

  await client.chat.completions.create({ model: 'gpt-4.1', messages });
  expect(upstream.openSockets()).toBe(1);
  await core.resetConnections();
  await eventually(() => expect(upstream.openSockets()).toBe(0));

  const gate = Promise.withResolvers<void>();
  upstream.script({ beforePiece: () => gate.promise });
  const arrived = upstream.nextRequest();
  const running = client.chat.completions.create({ model: 'gpt-4.1', messages });
  await arrived;
  const reset = core.resetConnections();
  gate.resolve();
  expect((await running).choices).toHaveLength(1);
  await reset;
  await eventually(() => expect(upstream.openSockets()).toBe(0));
});
