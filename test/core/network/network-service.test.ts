import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectStripe } from '#backend/stripe/connect-stripe.ts';
import { createNetwork, usualChoice } from '#proxy/network/create-network.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { certificateFile, farHost, startFarServer, startProxy } from '../../support/fakes/proxy-server.ts';
import { startCore } from '../gateway/start-core.ts';

const id = providerIdSchema.parse('far');
const answer = {
  object: 'list',
  data: [{ id: 'gpt-4.1' }],
  id: 'c',
  model: 'gpt-4.1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

test('calls, tests and settings use the proxies that are set, and no login is shown or stored in the open', async () => {
  const to = await startFarServer(answer);
  const [common, own] = [await startProxy({ to }), await startProxy({ to, login: 'ann:pa55word' })];
  const core = await startCore({ environment: { HTTPS_PROXY: `http://127.0.0.1:${common.port}` } });
  const { handlers } = core;
  await handlers['network.set']({ caFile: certificateFile('ca') });
  const key = await core.addProvider('far', 'openai', `https://${farHost}`, 'sk-far-0123456789');
  const { client } = core.openai(key);
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  expect((await client.chat.completions.create({ model: 'gpt-4.1', messages })).choices).toHaveLength(1);
  expect(await handlers['providers.test']({ id })).toMatchObject({
    through: `http://127.0.0.1:${common.port}`,
    lastTest: { ok: true, message: expect.stringContaining(`through the proxy http://127.0.0.1:${common.port}`) },
  });

  const before = common.seen.length;
  const url = `http://ann:pa55word@127.0.0.1:${own.port}`;
  const shown = `http://127.0.0.1:${own.port}`;
  const withProxy = await handlers['providers.set-proxy']({ id, proxy: { use: 'proxy', url, noProxy: '' } });
  expect(withProxy).toMatchObject({ proxy: { use: 'proxy', url: shown, hasLogin: true }, through: shown });
  expect((await client.chat.completions.create({ model: 'gpt-4.1', messages })).choices).toHaveLength(1);
  expect(own.seen).toEqual([`CONNECT ${farHost}:443`]);
  expect(common.seen).toHaveLength(before);
  // Saved again without its login, which is not shown, the stored one stays.
  await handlers['providers.set-proxy']({ id, proxy: { use: 'proxy', url: shown, noProxy: '' } });
  expect((await handlers['providers.test']({ id })).lastTest).toMatchObject({ ok: true });
  await handlers['providers.set-proxy']({ id, proxy: { use: 'environment' } });
  await handlers['network.set']({ proxy: { use: 'proxy', url: `http://127.0.0.1:${own.port}`, noProxy: '.corp' } });
  expect((await handlers['providers.test']({ id })).lastTest).toMatchObject({
    ok: false,
    message: expect.stringMatching(/asks for a login: .* under Settings, Network/),
  });
  const view = await handlers['network.set']({ proxy: { use: 'proxy', url, noProxy: '.corp' } });
  expect(view).toMatchObject({
    proxy: { url: shown, hasLogin: true, noProxy: '.corp' },
    authorities: { file: 1 },
    problem: null,
  });
  expect((await handlers['providers.test']({ id })).lastTest).toMatchObject({ ok: true });
  const database = await readFile(join(core.home, 'corvusllm.db'));
  for (const place of [JSON.stringify(view), database.toString('latin1'), await core.log()])
    expect(place).not.toContain('pa55word');
});

test('a file without certificates and an address that is no proxy are refused', async () => {
  const { handlers } = await startCore();
  const set = handlers['network.set'];
  await expect(set({ caFile: 'ca.pem' })).rejects.toMatchObject({
    code: 'bad_request',
    message: expect.stringContaining('whole path'),
  });
  await expect(set({ caFile: '/nowhere/ca.pem' })).rejects.toMatchObject({
    message: expect.stringContaining('cannot be read'),
  });
  await expect(set({ caFile: certificateFile('server.key') })).rejects.toMatchObject({
    message: expect.stringContaining('PEM'),
  });
  await expect(set({ proxy: { use: 'proxy', url: 'ftp://x', noProxy: '' } })).rejects.toMatchObject({
    code: 'bad_request',
  });
  expect(await handlers['network.get'](undefined)).toMatchObject({ proxy: { use: 'environment' }, caFile: null });
});

test('Stripe is asked through the proxy, and only where its certificate is trusted', async () => {
  const to = await startFarServer({ id: 'acct_1', object: 'customer' });
  const proxy = await startProxy({ to });
  const network = createNetwork({ environment: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }, nowMs: Date.now });
  const settings = { secretKey: 'sk_test_1', webhookSecrets: ['whsec_1'], apiBase: `https://${farHost}` };
  network.use({ ...usualChoice, caFile: certificateFile('ca') });
  await connectStripe(settings, network.fetch)
    .createCustomer('acc_1')
    .catch(() => undefined);
  expect(to.asked.length).toBeGreaterThan(0);
  expect(to.asked[0]?.['authorization']).toBe('Bearer sk_test_1');
  const asked = to.asked.length;
  network.use(usualChoice);
  await expect(connectStripe(settings, network.fetch).createCustomer('acc_1')).rejects.toThrow();
  expect(to.asked).toHaveLength(asked);
  await network.close();
});

test('a provider of any id keeps its login apart from that for everything', async () => {
  const own = await startProxy({ to: await startFarServer(answer), login: 'ann:pa55word' });
  const core = await startCore();
  const { handlers } = core;
  await handlers['network.set']({ caFile: certificateFile('ca') });
  await core.addProvider('all', 'openai', `https://${farHost}`, 'sk-far-0123456789');
  const all = providerIdSchema.parse('all');
  const through = (login: string) =>
    ({ use: 'proxy', url: `http://${login}127.0.0.1:${own.port}`, noProxy: '' }) as const;
  await handlers['network.set']({ proxy: through('ann:pa55word@') });
  await handlers['providers.set-proxy']({ id: all, proxy: { use: 'environment' } });
  await handlers['network.set']({ proxy: through('') });
  expect((await handlers['providers.test']({ id: all })).lastTest).toMatchObject({ ok: true });
});

test('a proxy that is Corvus itself is a loop, wherever it is set (E103)', async () => {
  const core = await startCore();
  const { handlers, url } = core;
  const secure = await core.addProvider('far', 'openai', `https://${farHost}`, 'sk-far-0123456789');
  const plain = await core.addProvider('plain', 'openai', `http://${farHost}`, 'sk-plain-0123456789');
  const ask = async (key: string) => {
    const reply = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4.1', messages: [] }),
    });
    return [reply.status, reply.headers.get('x-should-retry'), await reply.json()];
  };
  const loopAt = (proxy: string) => [
    508,
    'false',
    { error: { code: 'proxy_loop', message: expect.stringContaining(`The proxy ${proxy} is Corvus itself`) } },
  ];
  await handlers['network.set']({ proxy: { use: 'proxy', url, noProxy: '' } });
  expect([await ask(secure), await ask(plain)]).toMatchObject([loopAt(url), loopAt(url)]);
  expect((await handlers['doctor.run']({ requestId: null, toolId: null })).verdict).toMatchObject({
    diagnosis: 'proxy-or-certificate',
    layer: 'network',
  });
  await handlers['network.set']({ proxy: { use: 'none' } });
  const socks = url.replace('http://127.0.0.1', 'socks5://localhost');
  await handlers['providers.set-proxy']({ id, proxy: { use: 'proxy', url: socks, noProxy: '' } });
  expect(await ask(secure)).toMatchObject(loopAt(socks));
});
