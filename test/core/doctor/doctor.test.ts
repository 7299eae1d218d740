import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { noFilter } from '#shared/contract/requests.ts';
import type { Verdict } from '#shared/contract/doctor.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { eventually } from '../../support/eventually.ts';
import { certificateFile, farHost, startFarServer, startProxy } from '../../support/fakes/proxy-server.ts';
import { startCore } from '../gateway/start-core.ts';

type Answer = (response: ServerResponse) => void;

const json =
  (status: number, body: object): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
const says = (status: number, message: string): Answer => json(status, { error: { message, type: 'invalid_request_error' } });
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
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answer: (next) => void (answer = next) };
}

const refused: [name: string, answer: Answer, diagnosis: Verdict['diagnosis'], layer: Verdict['layer']][] = [
  ['a key that is refused', says(401, 'Incorrect API key provided'), 'invalid-key', 'provider'],
  ['a key that may not do this', says(403, 'Your key may not use this endpoint'), 'invalid-key', 'provider'],
  ['a model that is not there', says(404, 'The model `gpt-4.1` does not exist'), 'model-not-found', 'provider'],
  ['a model that is unknown, as 400', says(400, 'unknown model gpt-4.1'), 'model-not-found', 'provider'],
  ['a path that is not there', says(404, 'Not Found'), 'wrong-endpoint', 'provider'],
  ['a context that is too long', says(400, "This model's maximum context length is 8192 tokens"), 'context-too-long', 'tool'],
  ['a prompt that is too long', says(413, 'prompt is too long: 250000 tokens'), 'context-too-long', 'tool'],
  ['a body that is too large', says(413, 'Payload too large'), 'context-too-long', 'tool'],
  ['too many requests', says(429, 'Rate limit reached for requests'), 'rate-limited', 'provider'],
  ['no quota left', says(429, 'You exceeded your current quota'), 'out-of-balance', 'provider'],
  ['no balance left', says(402, 'Insufficient Balance'), 'out-of-balance', 'provider'],
  ['credit that is too low, as 400', says(400, 'Your credit balance is too low'), 'out-of-balance', 'provider'],
  ['an error of the provider', says(500, 'Internal error'), 'outage', 'provider'],
  ['an overloaded provider', says(503, 'Overloaded'), 'outage', 'provider'],
  ['a parameter that is refused', says(400, "Unsupported parameter: 'temperature'"), 'request-refused', 'tool'],
  ['a web page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in'), 'wrong-endpoint', 'provider'],
  ['a redirect', (response) => response.writeHead(302, { location: 'https://x.test/' }).end(), 'wrong-endpoint', 'provider'],
  ['a connection that breaks', (response) => response.destroy(), 'outage', 'provider'],
  ['an empty answer', json(200, {}), 'outage', 'provider'],
];

test('each failure of a request leads to its verdict, and a good request is not called ill', { timeout: 90_000 }, async () => {
  const provider = await startProvider();
  const core = await startCore();
  const key = await core.addProvider('lab', 'openai', provider.origin, 'sk-lab-0123456789');
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'gpt-4.1', messages: [{ role: 'user', content: 'Hello' }] });
  const seen: unknown[] = [];
  async function verdict(answer: Answer): Promise<Verdict> {
    provider.answer(answer);
    const reply = await fetch(`${core.url}/v1/chat/completions`, { method: 'POST', headers, body });
    await reply.text();
    const { rows } = await core.handlers['requests.list']({ filter: noFilter, cursor: null, limit: 1 });
    const [row] = rows;
    if (!row) throw new Error('no row');
    await core.row(row.id);
    return (await core.handlers['doctor.run']({ requestId: row.id })).verdict;
  }
  for (const [name, answer] of refused) {
    const { diagnosis, layer, sentence, next } = await verdict(answer);
    expect(sentence, name).not.toBe('');
    expect(next, name).not.toBeNull();
    seen.push([name, diagnosis, layer]);
  }
  expect(seen).toEqual(refused.map(([name, , diagnosis, layer]) => [name, diagnosis, layer]));
  expect(await verdict(json(200, completion))).toMatchObject({ diagnosis: 'healthy', layer: 'none', next: null });
});

test('the set-up is healthy, or the part that fails is named', { timeout: 60_000 }, async () => {
  const to = await startFarServer({ object: 'list', data: [{ id: 'gpt-4.1' }] });
  const proxy = await startProxy({ to, login: 'ann:x' });
  const core = await startCore();
  const { handlers } = core;
  const examine = async () => (await handlers['doctor.run']({ requestId: null })).verdict;
  await eventually(async () => expect((await handlers['balance.get']({ refresh: false })).state).toBe('confirmed'));
  expect(await examine()).toMatchObject({ diagnosis: 'healthy' });
  const address = `127.0.0.1:${proxy.port}`;
  const id = providerIdSchema.parse('far');
  await core.addProvider('far', 'openai', `https://${farHost}`, 'sk-far-0123456789');
  const through = (url: string) => handlers['network.set']({ proxy: { use: 'proxy', url, noProxy: '' } });
  const cases: [() => Promise<unknown>, object][] = [
    [() => handlers['network.get'](undefined), { diagnosis: 'offline', layer: 'network' }],
    [() => through('http://127.0.0.1:9'), { diagnosis: 'proxy-or-certificate', layer: 'network' }],
    [() => through(`http://${address}`), { diagnosis: 'proxy-or-certificate', sentence: expect.stringContaining('asks for a login') }],
    [() => through(`http://ann:x@${address}`), { diagnosis: 'proxy-or-certificate', sentence: expect.stringContaining('Corvus test') }],
    [() => handlers['network.set']({ caFile: certificateFile('ca') }), { diagnosis: 'healthy' }],
    [() => handlers['providers.remove']({ id }).then(() => handlers['account.disconnect'](undefined)), { diagnosis: 'not-set-up' }],
  ];
  for (const [change, expected] of cases) {
    await change();
    expect(await examine()).toMatchObject(expected);
  }
});
