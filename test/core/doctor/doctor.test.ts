import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { verdictOfTool } from '#core/doctor/check-tools.ts';
import { createNetwork } from '#proxy/network/create-network.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { noLimits } from '#shared/domain/local-key.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import type { Verdict } from '#shared/contract/doctor.ts';
import { toolIdSchema } from '#shared/domain/tool.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { eventually } from '../../support/eventually.ts';
import { certificateFile, farHost, startFarServer, startProxy } from '../../support/fakes/proxy-server.ts';
import { nodeClock } from '../../../src/main/host/node-ports.ts';
import { type RunningCore, startCore } from '../gateway/start-core.ts';

type Answer = (response: ServerResponse) => void;

const json =
  (status: number, body: object): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
const says = (status: number, message: string): Answer =>
  json(status, { error: { message, type: 'invalid_request_error' } });
const completion = {
  id: 'c',
  object: 'chat.completion',
  model: 'gpt-4.1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

/** A provider whose calls are answered so; its list of models works. */
async function startProvider(): Promise<{ origin: string; answer: (next: Answer) => void }> {
  let answer: Answer = json(200, completion);
  const server = createServer((request, response) => {
    request.resume();
    if (request.url?.endsWith('/models')) json(200, { object: 'list', data: [{ id: 'gpt-4.1' }] })(response);
    else answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (next) => void (answer = next),
  };
}

const refused: [name: string, answer: Answer, diagnosis: Verdict['diagnosis'], layer: Verdict['layer']][] = [
  ['a key that is refused', says(401, 'Incorrect API key provided'), 'invalid-key', 'provider'],
  ['a key that may not do this', says(403, 'Your key may not use this endpoint'), 'invalid-key', 'provider'],
  ['a model that is not there', says(404, 'The model `gpt-4.1` does not exist'), 'model-not-found', 'provider'],
  ['a model that is unknown, as 400', says(400, 'unknown model gpt-4.1'), 'model-not-found', 'provider'],
  ['a path that is not there', says(404, 'Not Found'), 'wrong-endpoint', 'provider'],
  [
    'a context that is too long',
    says(400, "This model's maximum context length is 8192 tokens"),
    'context-too-long',
    'tool',
  ],
  ['a prompt that is too long', says(413, 'prompt is too long: 250000 tokens'), 'context-too-long', 'tool'],
  ['a body that is too large', says(413, 'Payload too large'), 'context-too-long', 'tool'],
  ['too many requests', says(429, 'Rate limit reached for requests'), 'rate-limited', 'provider'],
  ['no quota left', says(429, 'You exceeded your current quota'), 'out-of-balance', 'provider'],
  ['no balance left', says(402, 'Insufficient Balance'), 'out-of-balance', 'provider'],
  ['credit that is too low, as 400', says(400, 'Your credit balance is too low'), 'out-of-balance', 'provider'],
  ['an error of the provider', says(500, 'Internal error'), 'outage', 'provider'],
  ['an overloaded provider', says(503, 'Overloaded'), 'outage', 'provider'],
  ['a parameter that is refused', says(400, "Unsupported parameter: 'temperature'"), 'request-refused', 'tool'],
  [
    'a web page',
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in'),
    'wrong-endpoint',
    'provider',
  ],
  [
    'a redirect',
    (response) => response.writeHead(302, { location: 'https://x.test/' }).end(),
    'wrong-endpoint',
    'provider',
  ],
  ['a connection that breaks', (response) => response.destroy(), 'outage', 'provider'],
  ['an empty answer', json(200, {}), 'outage', 'provider'],
];

test(
  'each failure of a request leads to its verdict, and a good request is not called ill',
  { timeout: 90_000 },
  async () => {
    const provider = await startProvider();
    const core = await startCore();
    const key = await core.addProvider('lab', 'openai', provider.origin, 'sk-lab-0123456789');
    const body = JSON.stringify({ model: 'gpt-4.1', messages: [{ role: 'user', content: 'Hello' }] });
    const seen: unknown[] = [];
    async function verdict(answer: Answer, secret = key): Promise<Verdict> {
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
      provider.answer(answer);
      const reply = await fetch(`${core.url}/v1/chat/completions`, { method: 'POST', headers, body });
      await reply.text();
      const { rows } = await core.handlers['requests.list']({ filter: noFilter, cursor: null, limit: 1 });
      const [row] = rows;
      if (!row) throw new Error('no row');
      await core.row(row.id);
      return (await core.handlers['doctor.run']({ requestId: row.id, toolId: null })).verdict;
    }
    for (const [name, answer] of refused) {
      const { diagnosis, layer, sentence, next } = await verdict(answer);
      expect(sentence, name).not.toBe('');
      expect(next, name).not.toBeNull();
      seen.push([name, diagnosis, layer]);
    }
    expect(seen).toEqual(refused.map(([name, , diagnosis, layer]) => [name, diagnosis, layer]));
    expect(await verdict(json(200, completion))).toMatchObject({ diagnosis: 'healthy', layer: 'none', next: null });
    expect((await verdict(says(404, 'model not found'))).next?.page).toBe('/models');

    // The same refusals with something else beside them: another provider that has the model, a top-up of another key, a
    // limit of our own.
    await core.addProvider('spare', 'openai', provider.origin, 'sk-spare-0123456789');
    await core.handlers['providers.test']({ id: providerIdSchema.parse('spare') });
    const elsewhere = await verdict(says(404, 'model not found'));
    expect(elsewhere).toMatchObject({ diagnosis: 'model-not-found', layer: 'provider', next: { page: '/keys' } });
    expect(elsewhere.proof).toContain('gpt-4.1 would be answered by spare.');
    const { checkoutUrl } = await core.handlers['billing.topup']({ amount: '5.00' });
    expect((await fetch(`${checkoutUrl}/pay`, { method: 'POST', redirect: 'manual' })).status).toBe(303);
    expect(await verdict(says(402, 'Insufficient Balance'))).toMatchObject({
      diagnosis: 'another-key',
      layer: 'provider',
    });
    const bound = await core.handlers['keys.create']({ label: 'bound', route: 'auto' });
    const limits = { ...noLimits, models: ['claude-*'] };
    await core.handlers['keys.set-limits']({ id: bound.key.id, limits });
    // Another provider would have it, but this key may not ask for it anywhere.
    expect(await verdict(json(200, completion), bound.secret)).toMatchObject({
      diagnosis: 'limit-reached',
      layer: 'corvus',
      next: { text: expect.stringContaining('limits of the key'), page: '/keys' },
    });
    const scope = { kind: 'everything' } as const;
    const terms = {
      name: 'Tiny',
      scope,
      limit: '0.000001',
      period: 'day',
      timeZone: 'UTC',
      allowsUnpriced: false,
    } as const;
    await core.handlers['envelopes.create'](terms);
    const limited = await verdict(json(200, completion), await core.newKey('prepaid'));
    expect(limited).toMatchObject({ diagnosis: 'limit-reached', layer: 'corvus', next: { page: '/envelopes' } });
  },
);

test('the set-up is healthy, or the part that fails is named', { timeout: 60_000 }, async () => {
  const to = await startFarServer({ object: 'list', data: [{ id: 'gpt-4.1' }] });
  const proxy = await startProxy({ to, login: 'ann:x' });
  let aheadMs = 0;
  const core = await startCore({ clock: { ...nodeClock, nowMs: () => nodeClock.nowMs() + aheadMs } });
  const { handlers } = core;
  const examine = async () => (await handlers['doctor.run']({ requestId: null, toolId: null })).verdict;
  await eventually(async () => expect((await handlers['balance.get']({ refresh: false })).state).toBe('confirmed'));
  expect(await examine()).toMatchObject({ diagnosis: 'healthy' });
  const address = `127.0.0.1:${proxy.port}`;
  const id = providerIdSchema.parse('far');
  const lab = await startProvider();
  lab.answer(says(401, 'Incorrect API key provided'));
  const labId = providerIdSchema.parse('lab');
  await core.addProvider('far', 'openai', `https://${farHost}`, 'sk-far-0123456789');
  const through = (url: string) => handlers['network.set']({ proxy: { use: 'proxy', url, noProxy: '' } });
  const cases: [() => Promise<unknown>, object][] = [
    [() => handlers['network.get'](undefined), { diagnosis: 'offline', layer: 'network' }],
    [() => through('http://127.0.0.1:9'), { diagnosis: 'proxy-or-certificate', layer: 'network' }],
    [
      () => through(`http://${address}`),
      { diagnosis: 'proxy-or-certificate', sentence: expect.stringContaining('asks for a login') },
    ],
    [
      () => through(`http://ann:x@${address}`),
      { diagnosis: 'proxy-or-certificate', sentence: expect.stringContaining('Corvus test') },
    ],
    [() => handlers['network.set']({ caFile: certificateFile('ca') }), { diagnosis: 'healthy' }],
    [
      async () => void (aheadMs = 3 * 3_600_000),
      { diagnosis: 'clock-wrong', sentence: expect.stringContaining('180 minutes ahead') },
    ],
    [
      async () => void (aheadMs = -6 * 60_000),
      { diagnosis: 'clock-wrong', sentence: expect.stringContaining('6 minutes behind') },
    ],
    [async () => void (aheadMs = 0), { diagnosis: 'healthy' }],
    [
      () => core.addProvider('lab', 'openai', lab.origin, 'sk-ant-of-another-0123'),
      { diagnosis: 'invalid-key', layer: 'provider' },
    ],
    [async () => lab.answer(says(402, 'Insufficient Balance')), { diagnosis: 'out-of-balance', layer: 'provider' }],
    [async () => lab.answer(json(200, completion)), { diagnosis: 'healthy' }],
    [() => handlers['providers.remove']({ id: labId }), { diagnosis: 'healthy' }],
    [
      () => core.addProvider('lab', 'openai', 'http://127.0.0.1:9', 'sk-lab'),
      { diagnosis: 'not-running', next: { page: '/providers' } },
    ],
    [() => handlers['providers.remove']({ id: labId }), { diagnosis: 'healthy' }],
    [
      () => handlers['providers.remove']({ id }).then(() => handlers['account.disconnect'](undefined)),
      { diagnosis: 'not-set-up' },
    ],
  ];
  for (const [change, expected] of cases) {
    await change();
    expect(await examine()).toMatchObject(expected);
  }
});

test('a connected tool that does not reach this Corvus is named', { timeout: 60_000 }, async () => {
  const first = await startCore();
  const id = toolIdSchema.parse('codex');
  const connect = async ({ handlers }: RunningCore) => {
    const { seen } = await handlers['tools.plan']({ id, model: null, terminal: [] });
    await handlers['tools.connect']({ id, model: null, seen });
  };
  const examine = async ({ handlers }: RunningCore) =>
    (await handlers['doctor.run']({ requestId: null, toolId: null })).verdict;
  const asked = async () => (await first.handlers['doctor.run']({ requestId: null, toolId: id })).verdict;
  expect(await asked()).toMatchObject({ diagnosis: 'not-set-up', layer: 'tool', next: { page: '/tools' } });
  await connect(first);
  await eventually(async () => expect(await examine(first)).toMatchObject({ diagnosis: 'healthy' }));
  const connected = (await first.handlers['tools.list']({ terminal: [] })).find((tool) => tool.id === id);
  if (!connected) throw new Error('the tool is gone');
  const send = createSend(createNetwork({ environment: {}, nowMs: Date.now }));
  const atRest = await verdictOfTool(connected, { clock: nodeClock, send, gatewayUrl: () => null });
  expect(atRest).toMatchObject({ diagnosis: 'not-running', layer: 'corvus' });
  await first.stop();

  const core = await startCore({ home: first.home });
  await eventually(async () =>
    expect(await examine(core)).toMatchObject({ diagnosis: 'tool-points-elsewhere', layer: 'tool' }),
  );
  const other = createServer((_request, response) => response.end('Something else'));
  await new Promise<void>((resolve) => other.listen(Number(new URL(first.url).port), '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  expect(await examine(core)).toMatchObject({ diagnosis: 'port-taken', layer: 'tool', next: { page: '/tools' } });

  await connect(core);
  expect(await examine(core)).toMatchObject({ diagnosis: 'healthy' });
  const keyOf = async () =>
    (await core.handlers['tools.list']({ terminal: [] })).find((tool) => tool.id === id)?.connection?.keyId;
  const keyId = await keyOf();
  if (!keyId) throw new Error('the tool has no key');
  await core.handlers['keys.revoke']({ id: keyId });
  expect(await examine(core)).toMatchObject({ diagnosis: 'invalid-key', layer: 'tool', next: { page: '/tools' } });
  await connect(core);
  expect(await examine(core)).toMatchObject({ diagnosis: 'healthy' });
  const file = join(core.home, '.codex', 'config.toml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('model_provider = "corvus"', 'model_provider = "theirs"'));
  expect(await examine(core)).toMatchObject({
    diagnosis: 'tool-points-elsewhere',
    sentence: expect.stringContaining(file),
  });
  await writeFile(file, `${text}# a remark\n`);
  expect(await examine(core)).toMatchObject({ diagnosis: 'healthy' });
  await rm(file);
  expect(await examine(core)).toMatchObject({
    diagnosis: 'tool-points-elsewhere',
    sentence: expect.stringContaining('is gone'),
  });
});
