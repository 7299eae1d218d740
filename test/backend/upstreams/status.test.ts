import { expect, test } from 'vitest';
import { receiptSchema } from '#shared/account/receipt.ts';
import { serviceStatusSchema } from '#shared/account/status.ts';
import type { HttpCredential } from '#backend/upstreams/pool-state.ts';
import { eventually } from '../../support/eventually.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

/** A credential whose upstream does not exist. */
const broken: HttpCredential = {
  name: 'secret-account-name',
  baseUrl: 'http://127.0.0.1:9/v1',
  dialectFamily: 'openai',
  apiKey: 'upstream-secret',
  priority: 0,
  weight: 1,
};

const statusOf = async (service: TestBackend) =>
  serviceStatusSchema.parse(await (await fetch(`${service.baseUrl}/v1/status`)).json());

test('the public status is available as data and as a page', async () => {
  await using service = await startTestBackend();
  await service.call('/v1/chat/completions', { body: chat('Hello') });
  const status = await statusOf(service);
  expect(status.status).toBe('operational');
  const corvus = status.routes.find(({ family }) => family === 'corvus');
  expect(corvus).toMatchObject({ status: 'operational', lastAnswerAt: expect.any(String) });
  const page = await fetch(`${service.baseUrl}/status`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.headers.get('refresh')).toBe('60');
  const html = await page.text();
  expect(html).toContain('Everything works');
  expect(html).not.toContain('<script');
});

test('a family whose upstream fails is down, the service degraded, and the upstream is not disclosed', async () => {
  await using service = await startTestBackend({ pools: { corvus: 'echo', openai: [broken] } });
  const receipts: unknown[] = [];
  for (let index = 0; index < 3; index += 1) {
    const reply = await service.call('/v1/chat/completions', { body: chat('Hi', { model: 'gpt-5.5' }) });
    expect(reply.status).toBe(502);
    receipts.push(await (await service.call(`/v1/generation?id=${reply.headers.get('x-corvus-request-id')}`)).json());
  }
  await eventually(async () => expect((await statusOf(service)).status).toBe('degraded'));
  const status = await statusOf(service);
  expect(status.routes).toMatchObject([
    { family: 'openai', status: 'down', lastAnswerAt: null },
    { family: 'corvus', status: 'operational' },
  ]);
  const html = await (await fetch(`${service.baseUrl}/status`)).text();
  expect(html).toContain('Some models do not answer as they should');
  for (const text of [JSON.stringify(status), html, JSON.stringify(receipts)]) {
    for (const secret of [broken.name, broken.apiKey, '127.0.0.1:9']) expect(text).not.toContain(secret);
  }
  expect(receiptSchema.parse(receipts[0])).toMatchObject({
    status: 'released',
    outcome: 'failed',
    httpStatus: 502,
    errorCode: 'upstream_connection_error',
    cost: '0.00',
    attempts: [expect.objectContaining({ number: 1, httpStatus: null, errorCode: 'upstream_connection_error' })],
  });
});

test('a receipt says how the request ended, whose price it paid and what came back of its hold', async () => {
  await using service = await startTestBackend();
  const reply = await service.call('/v1/chat/completions', { body: chat('Hello') });
  const receipt = receiptSchema.parse(
    await (await service.call(`/v1/generation?id=${reply.headers.get('x-corvus-request-id')}`)).json(),
  );
  expect(receipt).toMatchObject({
    outcome: 'completed',
    httpStatus: 200,
    errorCode: null,
    finishReason: 'stop',
    modelBilled: 'corvus/echo',
  });
  expect(receipt.attempts).toMatchObject([{ number: 1, httpStatus: 200, errorCode: null }]);
  expect(Number(receipt.returned) + Number(receipt.cost)).toBeCloseTo(Number(receipt.held), 9);
});
