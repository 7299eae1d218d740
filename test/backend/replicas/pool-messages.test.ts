import { expect, test } from 'vitest';
import { systemClock } from '#backend/create-backend.ts';
import { credentialAt, startFakeUpstream } from '../../support/fake-upstream.ts';
import { chat } from '../../support/start-test-backend.ts';
import { startReplicas } from '../../support/start-replicas.ts';

const adminToken = 'operator-token-of-the-test-0123456789';
const body = chat('Hi', { model: 'gpt-5.5' });
/** No instance polls here: changes arrive by message only. */
const clock: typeof systemClock = {
  ...systemClock,
  every: (periodMs, task) => (periodMs === 3_000 ? () => undefined : systemClock.every(periodMs, task)),
};

test('a credential that is changed at one replica serves at the others, has its new secret there and is withdrawn there at once', async () => {
  await using upstream = await startFakeUpstream();
  await using replicas = await startReplicas(3, {
    clock,
    adminToken,
    masterKeys: [Buffer.alloc(32, 7)],
    pools: { corvus: 'echo' },
  });
  const change = async (path: string, input: object): Promise<{ id: string }> => {
    const reply = await replicas.first.call(`/admin/api/${path}`, {
      key: adminToken,
      body: { reason: 'a test', ...input },
    });
    expect(reply.status).toBe(200);
    return (await reply.json()) as { id: string };
  };
  const everywhere = async (wanted: number) => {
    for (const replica of replicas.all) {
      await expect
        .poll(async () => (await replica.call('/v1/chat/completions', { body })).status, { interval: 20 })
        .toBe(wanted);
    }
  };
  await everywhere(503);
  const { name, baseUrl, dialectFamily } = credentialAt(upstream, 'main');
  const { id } = await change('pools/credentials', { pool: 'openai', name, baseUrl, dialectFamily, secret: 'sk-old' });
  await everywhere(200);
  await change(`pools/credentials/${id}/secret`, { secret: 'sk-new', baseUrl });
  for (const replica of replicas.all) {
    const sent = async () => {
      await replica.call('/v1/chat/completions', { body });
      return upstream.seen.at(-1)?.headers.authorization;
    };
    await expect.poll(sent, { interval: 20 }).toBe('Bearer sk-new');
  }
  await change(`pools/credentials/${id}/remove`, {});
  await everywhere(503);
});
