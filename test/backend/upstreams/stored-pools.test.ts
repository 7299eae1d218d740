import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { type BackendOptions, createBackend, systemClock } from '#backend/create-backend.ts';
import { openDatabase } from '#backend/database/open-database.ts';
import { createLivePools } from '#backend/upstreams/live-pools.ts';
import { createSecretSeal } from '#backend/upstreams/secret-seal.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { receiptSchema } from '#shared/account/receipt.ts';
import {
  chat,
  quietLogger,
  startTestBackend,
  type TestBackend,
  testOptions,
} from '../../support/start-test-backend.ts';

const adminToken = 'operator-token-of-the-test-0123456789';
const canary = 'sk-upstream-canary-4711';
const masterKey = randomBytes(32);
const reason = 'a test';
const body = chat('Hi', { model: 'gpt-5.5' });
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'its-own-name',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
};

interface Upstream {
  baseUrl: string;
  keys: (string | undefined)[];
  bodies: string[];
  status: number;
}

async function startUpstream(): Promise<Upstream> {
  const upstream: Upstream = { baseUrl: '', keys: [], bodies: [], status: 200 };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      upstream.keys.push(request.headers.authorization);
      upstream.bodies.push(text);
      response.writeHead(upstream.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(upstream.status === 200 ? completion : { error: { message: 'no' } }));
    });
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  upstream.baseUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`;
  return upstream;
}

const start = (overrides: Partial<BackendOptions> = {}) =>
  startTestBackend({ adminToken, masterKeys: [masterKey], pools: { corvus: 'echo' }, ...overrides });
const admin = (service: TestBackend, path: string, input?: object) =>
  service.call(`/admin/api/${path}`, { key: adminToken, ...(input === undefined ? {} : { body: input }) });

async function add(service: TestBackend, upstream: Upstream, more: object = {}): Promise<string> {
  const input = {
    pool: 'openai',
    name: 'main',
    baseUrl: upstream.baseUrl,
    dialectFamily: 'openai',
    secret: canary,
    reason,
    ...more,
  };
  const reply = await admin(service, 'pools/credentials', input);
  const { id } = (await reply.json()) as { id: string };
  expect([reply.status, id]).toEqual([200, expect.stringMatching(/^cred_/)]);
  return id;
}

test('an added credential serves at once, and its plain secret is not stored, shown, logged or sent', async () => {
  const upstream = await startUpstream();
  const logged: unknown[] = [];
  const note = (...facts: unknown[]) => void logged.push(facts);
  await using service = await start({ logger: { info: note, warn: note, error: note } });
  expect((await service.call('/v1/chat/completions', { body })).status).toBe(503);
  const id = await add(service, upstream);
  const reply = await service.call('/v1/chat/completions', { body });
  expect([reply.status, upstream.keys]).toEqual([200, [`Bearer ${canary}`]]);
  const again = await admin(service, 'pools/credentials', {
    pool: 'openai',
    name: 'main',
    baseUrl: upstream.baseUrl,
    dialectFamily: 'openai',
    secret: canary,
    reason,
  });
  expect(again.status).toBe(409);
  const wrong = await admin(service, `pools/credentials/${id}/secret`, {
    secret: `${canary} with a space`,
    baseUrl: 'x',
    reason,
  });
  expect(wrong.status).toBe(400);
  const replies = [await again.text(), await wrong.text(), await reply.text(), JSON.stringify(logged)];
  for (const path of ['pools', 'pools/credentials', 'pools/routes', 'audit', 'overview'])
    replies.push(await (await admin(service, path)).text());
  expect(replies.join('\n')).toContain('credential.add');
  expect(replies.join('\n')).not.toContain(canary);
  const dump = await service.database.dump();
  expect(dump.includes(id)).toBe(true);
  expect(dump.includes(canary)).toBe(false);
});

test('replacing the secret, switching off and removing take effect with the next request, each with an audit row', async () => {
  const upstream = await startUpstream();
  await using service = await start();
  const id = await add(service, upstream);
  upstream.status = 401;
  expect((await service.call('/v1/chat/completions', { body })).status).toBe(503);
  expect(await (await admin(service, `pools/credentials/${id}/probe`, {})).json()).toMatchObject({
    result: 'refused',
    httpStatus: 401,
  });
  upstream.status = 200;
  // Refused for ten minutes, were it not for the new secret.
  expect(
    (await admin(service, `pools/credentials/${id}/secret`, { secret: 'sk-new', baseUrl: upstream.baseUrl, reason }))
      .status,
  ).toBe(200);
  expect((await service.call('/v1/chat/completions', { body })).status).toBe(200);
  expect(upstream.keys.at(-1)).toBe('Bearer sk-new');
  expect(await (await admin(service, `pools/credentials/${id}/probe`, {})).json()).toMatchObject({ result: 'well' });
  await admin(service, `pools/credentials/${id}/change`, { isEnabled: false, reason });
  expect((await service.call('/v1/chat/completions', { body })).status).toBe(503);
  await admin(service, `pools/credentials/${id}/change`, { isEnabled: true, reason });
  expect((await service.call('/v1/chat/completions', { body })).status).toBe(200);
  await admin(service, `pools/credentials/${id}/remove`, { reason });
  expect((await service.call('/v1/chat/completions', { body })).status).toBe(503);
  expect(await service.database.run('select sealed_secret from pool_credentials')).toEqual([{ sealed_secret: '' }]);
  const { data } = (await (await admin(service, `audit?q=${id}`)).json()) as { data: { action: string }[] };
  expect(data.map(({ action }) => action).reverse()).toEqual([
    'credential.add',
    'credential.replace-secret',
    'credential.change',
    'credential.change',
    'credential.remove',
  ]);
});

test('a family falls back to the next pool; the slug that was asked for is billed, whatever served under whatever name', async () => {
  const [first, second] = [await startUpstream(), await startUpstream()];
  await using service = await start();
  await add(service, first);
  await add(service, second, { pool: 'shared', modelMap: { 'gpt-5.5': 'its-own-name' } });
  first.status = 503;
  expect((await service.call('/v1/chat/completions', { body })).status).toBe(503);
  expect((await admin(service, 'pools/routes', { family: 'openai', pools: ['openai', 'shared'], reason })).status).toBe(
    200,
  );
  const reply = await service.call('/v1/chat/completions', { body });
  expect(reply.status).toBe(200);
  expect(first.bodies.at(-1)).toBe(JSON.stringify(body));
  expect(JSON.parse(second.bodies.at(-1) ?? '')).toEqual({ ...body, model: 'its-own-name' });
  const receipt = receiptSchema.parse(
    await (await service.call(`/v1/generation?id=${reply.headers.get('x-corvus-request-id')}`)).json(),
  );
  // gpt-5.5: 5.00 in, 30.00 out, per million.
  expect(receipt).toMatchObject({ modelRequested: 'gpt-5.5', modelServed: 'its-own-name', cost: '0.0008' });
  const { data } = (await (await admin(service, 'pools')).json()) as { data: object[] };
  expect(data).toMatchObject([
    { name: 'main', health: 'cooling', source: 'database', priority: 0 },
    { name: 'shared/main', health: 'well', priority: 0 },
    { family: 'corvus', source: 'settings' },
  ]);
});

test.each([408, 409, 425, 429, 500, 502, 503, 504, 529])(
  '%i asks the next credential before anything is relayed',
  async (status) => {
    const [first, second] = [await startUpstream(), await startUpstream()];
    await using service = await start();
    await add(service, first);
    await add(service, second, { name: 'spare', priority: 1 });
    first.status = status;
    expect((await service.call('/v1/chat/completions', { body })).status).toBe(200);
  },
);

test('a newer master key seals again at the start; without any, nothing opens and nothing can be added', async () => {
  const upstream = await startUpstream();
  await using service = await start();
  await add(service, upstream);
  await service.backend.stop(0);
  const newKey = randomBytes(32);
  const options = { ...testOptions(service.database), adminToken, pools: { corvus: 'echo' as const } };
  const listed = async (masterKeys: Buffer[]): Promise<string> => {
    const backend = await createBackend({ ...options, masterKeys });
    const { baseUrl } = await backend.start();
    const reply = await service.callAt(baseUrl, '/admin/api/pools/credentials', { key: adminToken });
    await backend.stop(0);
    return reply.text();
  };
  expect(await listed([newKey, masterKey])).toContain('"opens":true');
  expect(await listed([newKey])).toContain('"opens":true');
  expect(await listed([masterKey])).toContain('"opens":false');
  expect(await listed([])).toContain('"opens":false');
});

test('an instance sees within seconds what another one changed', async () => {
  const upstream = await startUpstream();
  await using service = await start();
  const db = await openDatabase(service.database.place);
  let look = (): void => undefined;
  const every = (_periodMs: number, task: () => void) => {
    look = task;
    return () => undefined;
  };
  const parts = {
    settings: {},
    db,
    clock: { ...systemClock, every },
    events: createEvents(),
    logger: quietLogger,
    seal: createSecretSeal([masterKey]),
  };
  const other = createLivePools(parts);
  await other.refresh();
  other.start();
  await add(service, upstream);
  expect(other.current().credentials).toEqual([]);
  look();
  await expect.poll(() => other.current().credentials.map(({ name }) => name)).toEqual(['main']);
  await db.destroy();
});

test('the pages add, change and remove a credential, and say what is missing without a master key', async () => {
  await using service = await start();
  const login = await fetch(`${service.baseUrl}/admin/login`, {
    method: 'POST',
    body: new URLSearchParams({ token: adminToken, name: 'Ada' }),
    headers: { origin: service.baseUrl },
    redirect: 'manual',
  });
  const cookie = login.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const post = (path: string, form: Record<string, string>) =>
    fetch(service.baseUrl + path, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { cookie, origin: service.baseUrl },
      redirect: 'manual',
    });
  const page = async (path: string) => (await fetch(service.baseUrl + path, { headers: { cookie } })).text();
  const added = {
    pool: 'shared',
    name: 'main',
    baseUrl: 'https://upstream.example/v1',
    dialectFamily: 'openai',
    secret: canary,
  };
  const load = { priority: '1', weight: '2', modelMap: 'gpt-5.5 = its-own-name\r\n', reason };
  expect((await post('/admin/pools', { ...added, ...load })).headers.get('location')).toBe('/admin/pools');
  const [, id = ''] = /href="\/admin\/pools\/(cred_\w+)"/.exec(await page('/admin/pools')) ?? [];
  expect((await post('/admin/pools/routes', { family: 'openai', pools: 'openai, shared', reason })).status).toBe(303);
  expect((await post(`/admin/pools/${id}/change`, { ...load, isEnabled: 'false' })).status).toBe(303);
  const shown = await page(`/admin/pools/${id}`);
  expect(shown).toContain('gpt-5.5 = its-own-name');
  expect(shown).toContain('switched off');
  expect(shown).not.toContain(canary);
  expect((await post(`/admin/pools/${id}/change`, { ...load, modelMap: 'no equals sign' })).status).toBe(400);
  expect((await post(`/admin/pools/${id}/remove`, { reason })).status).toBe(303);
  expect(await page('/admin/pools')).not.toContain(id);
  await using without = await start({ masterKeys: [] });
  const refused = await admin(without, 'pools/credentials', { ...added, reason });
  expect([refused.status, await refused.text()]).toEqual([
    409,
    expect.stringContaining('CORVUSLLM_BACKEND_MASTER_KEY'),
  ]);
});
