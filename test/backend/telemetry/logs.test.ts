import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { openLogger } from '#backend/runtime/open-logger.ts';
import type { HttpCredential } from '#backend/upstreams/pool-state.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { chat, startTestBackend } from '../../support/start-test-backend.ts';

/** What a process would write to stderr. */
function capture(level: 'info' | 'warn' | 'error' | 'silent' = 'info') {
  const written: string[] = [];
  const logger = openLogger(level, { write: (text: string) => void written.push(text) });
  const text = (): string => written.join('');
  const lines = (): Record<string, unknown>[] =>
    text()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, text, lines };
}

/** The secret in every form in which it could leave. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    createHash('sha256').update(bytes).digest('hex'),
  ];
}

const canaries = {
  header: 'sk-ant-api03-CANARYheader00000000',
  upstream: 'sk-CANARYupstream000000000',
  cookie: 'session-CANARYcookie',
  prompt: 'the prompt CANARYprompt says something private',
  query: 'sk_live_CANARYquery0000000',
  webhook: 'whsec_CANARYwebhook000000',
};

test('every call is one line of what an operator needs, with its cost', async () => {
  const { logger, lines } = capture();
  await using service = await startTestBackend({ logger });
  const whole = await service.call('/v1/chat/completions', { body: chat('#echo tokens 20') });
  await whole.text();
  const stream = await service.call('/v1/chat/completions', {
    body: chat('#echo tokens 20\n#echo cut 5', { stream: true }),
  });
  await stream.text();
  await service.call('/v1/chat/completions', { body: chat('Hi'), key: 'sk-corvus-unknown' });
  const shared = { dialect: 'openai-chat', totalMs: expect.any(Number) };
  const ended = {
    ...shared,
    level: 'info',
    event: 'call.ended',
    family: 'corvus',
    model: 'corvus/echo',
    attempts: 1,
    credential: 'corvus-echo',
  };
  expect(lines()).toEqual([
    expect.objectContaining({
      ...ended,
      requestId: whole.headers.get('x-corvus-request-id'),
      outcome: 'completed',
      status: 200,
      errorCode: null,
      outputTokens: 20,
      costUsd: whole.headers.get('x-corvus-cost-usd'),
    }),
    expect.objectContaining({
      ...ended,
      requestId: stream.headers.get('x-corvus-request-id'),
      isStream: true,
      outcome: 'truncated',
      errorCode: 'upstream_interrupted',
      costUsd: expect.stringMatching(/^0\.\d+$/),
    }),
    expect.objectContaining({
      ...shared,
      event: 'call.refused',
      status: 401,
      errorCode: 'invalid_api_key',
      family: 'unknown',
      model: null,
    }),
  ]);
});

test('no secret and no prompt reaches the log, whatever an upstream answers and whatever is thrown', async () => {
  const { logger, text, lines } = capture();
  const upstream = await startMockUpstream();
  const main: HttpCredential = {
    name: 'main',
    baseUrl: `${upstream.origin}/v1`,
    dialectFamily: 'openai',
    apiKey: canaries.upstream,
    priority: 0,
    weight: 1,
  };
  await using service = await startTestBackend({ logger, pools: { openai: [main] } });
  const headers = { cookie: canaries.cookie, 'x-session-id': canaries.cookie, 'user-agent': `tool ${canaries.header}` };
  upstream.script({
    status: 401,
    body: JSON.stringify({ error: { message: `Incorrect API key provided: ${canaries.upstream}` } }),
  });
  await (
    await service.call('/v1/chat/completions', { body: chat(canaries.prompt, { model: 'gpt-5.5' }), headers })
  ).text();
  await (await service.call('/v1/chat/completions', { body: chat(canaries.prompt), key: canaries.header })).text();
  await (await service.call(`/v1/nothing/${canaries.query}?key=${canaries.query}`, { headers })).text();
  for (const secret of [...Object.values(canaries), service.customerKey]) {
    for (const form of formsOf(secret)) expect(text()).not.toContain(form);
  }
  expect(lines().length).toBeGreaterThanOrEqual(2);
  await upstream.close();
});

test('a secret inside of a thrown error is taken out, down its causes', async () => {
  const { logger, text, lines } = capture();
  const cause = new Error(`connect postgres://corvus:${canaries.cookie}@db/corvus`);
  logger.error('x.failed', {
    error: new Error(`Bearer ${canaries.header} was refused`, { cause }),
    text: `signed with ${canaries.webhook}`,
  });
  logger.warn(`event ${canaries.upstream}`, {
    authorization: 'anything',
    nested: { apiKey: 'anything', [canaries.query]: 1 },
  });
  for (const secret of Object.values(canaries)) expect(text()).not.toContain(secret);
  expect(text()).not.toContain('anything');
  expect(lines()).toHaveLength(2);
});

test('a model’s name cannot break a line or draw on a screen', async () => {
  const { logger, text, lines } = capture();
  await using service = await startTestBackend({ logger });
  const tricks = [
    'a\nb',
    'a\r\nb',
    '\u001b[31mred',
    'a\u2028b\u2029c',
    '\u202egnp.exe',
    '"},{"level":"error"',
    '=cmd()',
  ];
  for (const model of tricks)
    await (await service.call('/v1/chat/completions', { body: chat('Hi', { model }) })).text();
  expect(lines()).toHaveLength(tricks.length);
  expect(text().split('\n')).toHaveLength(tricks.length + 1);
  for (const trick of ['\u001b', '\u2028', '\u2029', '\u202e', '\r']) expect(text()).not.toContain(trick);
  for (const line of lines())
    expect(line).toMatchObject({ level: 'info', event: 'call.refused', errorCode: 'model_not_found' });
});

test.each([
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
  ['silent', []],
] as const)('level %s lets %j through', (level, wanted) => {
  const { logger, lines } = capture(level);
  for (const name of ['info', 'warn', 'error'] as const) logger[name](`it.${name}`);
  expect(lines().map((line) => line['level'])).toEqual(wanted);
});
