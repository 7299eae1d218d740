import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { parseUsd } from '#shared/money.ts';
import { type RunningCore, startCore } from '../gateway/start-core.ts';

const canaries = {
  prompt: 'CANARY-PROMPT my secret plan is to open a bakery in Lisbon next spring',
  providerKey: 'CANARYPROVIDERKEY0123456789abcdef',
  email: 'canary@example.com',
};
const completion = {
  id: 'c',
  object: 'chat.completion',
  model: 'gpt-4.1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 },
};

/** A provider that refuses tools, and repeats in its refusal whatever it got: prompt, key, and more. */
async function startTalkative(home: () => string): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const reply = (status: number, body: object) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      if (request.url?.endsWith('/models')) return reply(200, { object: 'list', data: [{ id: 'gpt-4.1' }] });
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as {
        tools?: unknown;
        messages: { content: unknown }[];
      };
      if (asked.tools === undefined) return reply(200, completion);
      const said = JSON.stringify(asked.messages.at(-1)?.content);
      const message = `Tools are not allowed: ${said}, ${request.headers.authorization}, ${home()}/project, ${canaries.email}, sk-proj-0123456789`;
      return reply(400, { error: { message, type: 'invalid_request_error' } });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function sendFailing(core: RunningCore, key: string, body: object) {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'user-agent': 'codex_cli/1.2.3',
  };
  const reply = await fetch(`${core.url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(reply.status).toBeGreaterThanOrEqual(400);
  await reply.text();
  return core.row(reply.headers.get('x-corvus-request-id'));
}

test(
  'a failed request is tried small, and its packet says all that support needs and nothing that is private',
  { timeout: 60_000 },
  async () => {
    let home = '';
    const origin = await startTalkative(() => home);
    const core = await startCore();
    home = core.home;
    const key = await core.addProvider('my-secret-employer', 'openai', origin, canaries.providerKey);
    const tools = [{ type: 'function', function: { name: 'buy', parameters: { type: 'object', properties: {} } } }];
    const { id } = await sendFailing(core, key, {
      model: 'gpt-4.1',
      messages: [{ role: 'user', content: canaries.prompt }],
      tools,
    });

    const cost = await core.handlers['doctor.trial-cost']({ requestId: id });
    expect(cost).toMatchObject({
      model: 'gpt-4.1',
      features: ['none', 'streaming', 'system', 'tools', 'pictures', 'reasoning'],
    });
    expect(parseUsd(cost.most ?? '1')).toBeLessThan(10_000_000n);
    const before = await core.handlers['doctor.packet']({ requestId: id });
    expect(Object.fromEntries(before.fields.map(({ name, value }) => [name, value]))['Minimal request']).toBe(
      'not tried yet',
    );

    const tried = await core.handlers['doctor.try']({ requestId: id });
    expect(tried.trials.map(({ feature, outcome }) => `${feature} ${outcome}`)).toEqual([
      'none works',
      'streaming works',
      'system works',
      'tools fails',
      'pictures works',
      'reasoning works',
    ]);
    expect(tried.conclusion).toContain('with tools it is not');
    expect(tried.balance).toBeNull();
    expect((await core.handlers['requests.get']({ id: tried.trials[0]?.requestId ?? id })).provider).toBe(
      'my-secret-employer',
    );

    const { fields } = await core.handlers['doctor.packet']({ requestId: id });
    const packet = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    expect(packet).toMatchObject({
      Timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z \(UTC\)$/),
      Request: id,
      'Endpoint path': '/v1/chat/completions',
      'Model slug': 'gpt-4.1',
      'Exact error text': expect.stringContaining('HTTP 400, refused by the provider'),
      'Minimal request': expect.stringContaining('smallest request works, req_'),
      'Balance movement': 'none: not paid from the balance (local)',
      Client: 'codex_cli/1.2.3',
      Features: expect.stringContaining('openai-chat, not streaming'),
      Route: 'local, custom, custom 400',
    });
    expect(packet['Exact error text']).toContain('Tools are not allowed');
    const text = JSON.stringify(fields);
    for (const secret of [
      ...Object.values(canaries),
      'bakery',
      'sk-proj-0123456789',
      key,
      home,
      'my-secret-employer',
    ]) {
      expect(text, secret).not.toContain(secret);
    }

    await ofPrepaid(core);
  },
);

test('a trial ends with the error in its stream, whatever comes before it (A23)', async () => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString() || '{}';
      const asked = JSON.parse(text) as { stream?: boolean; max_tokens?: number };
      response.statusCode = asked.max_tokens === undefined ? 400 : 200;
      response.setHeader('content-type', asked.stream ? 'text/event-stream' : 'application/json');
      if (!asked.stream) return response.end(JSON.stringify(completion));
      const error = { error: { message: 'No room today' } };
      response.end(`data: {${'"error"'.repeat(140_000)}o\n\ndata: ${JSON.stringify(error)}\n\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const core = await startCore();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const key = await core.addProvider('wordy', 'openai', origin, canaries.providerKey);
  const { id } = await sendFailing(core, key, { model: 'gpt-4.1', messages: [] });
  const { trials } = await core.handlers['doctor.try']({ requestId: id });
  expect(trials.slice(0, 2)).toMatchObject([
    { feature: 'none', outcome: 'works' },
    { feature: 'streaming', outcome: 'fails', text: 'No room today' },
  ]);
});

/** On the prepaid account the balance moves, and a model that fails small has no feature to blame. */
async function ofPrepaid(core: RunningCore): Promise<void> {
  const key = await core.newKey('prepaid');
  const missing = await sendFailing(core, key, { model: 'gpt-none', messages: [{ role: 'user', content: 'Hello' }] });
  expect(await core.handlers['doctor.trial-cost']({ requestId: missing.id })).toMatchObject({
    features: ['none'],
    most: null,
  });
  const nameless = await sendFailing(core, key, { messages: [] });
  await expect(core.handlers['doctor.trial-cost']({ requestId: nameless.id })).rejects.toThrow('names no model');
  const failing = await core.handlers['doctor.try']({ requestId: missing.id });
  expect(failing.conclusion).toContain('no feature of the tool is the reason');

  const body = JSON.stringify({ model: 'gpt-4.1', messages: [{ role: 'user', content: 'Hello' }] });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const reply = await fetch(`${core.url}/v1/chat/completions`, { method: 'POST', headers, body });
  await reply.text();
  const { id, settledCost, balanceAfter } = await core.row(reply.headers.get('x-corvus-request-id'));
  const tried = await core.handlers['doctor.try']({ requestId: id });
  expect(tried.trials[0]).toMatchObject({ feature: 'none', outcome: 'works' });
  expect(parseUsd(tried.balance?.before ?? '')).toBe(parseUsd(balanceAfter ?? ''));
  expect(parseUsd(tried.balance?.after ?? '')).toBeLessThan(parseUsd(tried.balance?.before ?? '') ?? 0n);
  const { fields } = await core.handlers['doctor.packet']({ requestId: id });
  expect(fields.find(({ name }) => name === 'Balance movement')?.value).toMatch(
    new RegExp(`-> ${balanceAfter} USD, charged ${settledCost} USD; small requests: `),
  );
}
