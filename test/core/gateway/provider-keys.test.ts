import { expect, onTestFinished, test } from 'vitest';
import { providerIdSchema } from '#shared/ids.ts';
import { nodeClock } from '../../../src/main/host/node-ports.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startCore } from './start-core.ts';

const id = providerIdSchema.parse('mock');
const limited = { status: 429, headers: { 'retry-after': '60' }, body: '{"error":{"message":"slow down"}}' };

test('calls share the keys of a provider, go on with the next where one fails, and show how each of them fares', async () => {
  let offsetMs = 0;
  const core = await startCore({ clock: { ...nodeClock, nowMs: () => nodeClock.nowMs() + offsetMs } });
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  await core.addProvider('mock', 'openai', upstream.origin, 'sk-first-0123456789');
  const second = { id, name: 'second', key: 'sk-second-0123456789', priority: 1, weight: 1 };
  await core.handlers['providers.add-key'](second);
  const { client } = core.openai(await core.newKey('provider:mock'));
  const ask = async () => {
    const from = upstream.received.length;
    const body = { model: 'gpt-9', messages: [{ role: 'user', content: 'Hello' } as const] };
    const { choices } = await client.chat.completions.create(body, { maxRetries: 0 });
    expect(choices).toHaveLength(1);
    return upstream.received.slice(from).map(({ headers }) => headers.authorization);
  };
  const keys = async () => (await core.handlers['providers.list'](undefined)).find((each) => each.id === id)?.keys;
  const [withFirst, withSecond] = ['Bearer sk-first-0123456789', 'Bearer sk-second-0123456789'];

  expect(await ask()).toEqual([withFirst]);
  upstream.script(limited);
  expect(await ask()).toEqual([withFirst, withSecond]);
  expect((await core.newest()).attempts).toMatchObject([
    { number: 1, provider: 'mock/main', httpStatus: 429 },
    { number: 2, provider: 'mock/second', httpStatus: 200 },
  ]);
  expect(await keys()).toMatchObject([
    { name: 'main', health: { coolingUntilMs: expect.any(Number), lastFailure: { model: 'gpt-9', httpStatus: 429 } } },
    { name: 'second', health: { coolingUntilMs: null, lastFailure: null } },
  ]);
  // As long as the provider said, and no longer.
  offsetMs += 50_000;
  expect(await ask()).toEqual([withSecond]);
  offsetMs += 11_000;
  expect(await ask()).toEqual([withFirst]);
  expect(await keys()).toMatchObject([{ health: { coolingUntilMs: null, lastFailure: null } }, {}]);

  // Both fail: the client reads what the provider says, and an own key is asked all the same.
  for (let each = 0; each < 2; each += 1) upstream.script({ ...limited, headers: { 'retry-after': '600' } });
  await expect(ask()).rejects.toMatchObject({ status: 429 });
  expect(await ask()).toEqual([withFirst]);
});

test('a key that is refused does not stop the others, and a replaced one is used at once', async () => {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  await core.addProvider('mock', 'openai', upstream.origin, 'sk-refused-0123456789');
  await core.handlers['providers.add-key']({ id, name: 'second', key: 'sk-second-0123456789', priority: 1, weight: 1 });
  const { client } = core.openai(await core.newKey('provider:mock'));
  const ask = () => client.chat.completions.create({ model: 'gpt-9', messages: [{ role: 'user', content: 'Hello' }] });
  upstream.script({ status: 401, body: '{"error":{"message":"no"}}' });
  await ask();
  await ask();
  const asked = () => upstream.received.map(({ headers }) => headers.authorization?.slice('Bearer sk-'.length, -11));
  expect(asked()).toEqual(['refused', 'second', 'second']);
  await core.handlers['providers.change-key']({
    id,
    name: 'main',
    key: 'sk-renewed-0123456789',
    priority: null,
    weight: null,
  });
  await ask();
  expect(asked().at(-1)).toBe('renewed');
});
