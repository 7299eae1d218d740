import { once } from 'node:events';
import { createServer, IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Receipt, receiptSchema } from '#shared/account/receipt.ts';
import { eventually } from '../../support/eventually.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

let service: TestBackend;

beforeAll(async () => {
  service = await startTestBackend();
});

afterAll(async () => {
  expect(await service.backend.verify()).toEqual([]);
  await service[Symbol.asyncDispose]();
});

async function settledReceipt(requestId: string | null): Promise<Receipt> {
  return eventually(async () => {
    const receipt = receiptSchema.parse(await (await service.call(`/v1/generation?id=${requestId}`)).json());
    expect(receipt.status).not.toBe('open');
    return receipt;
  });
}

test('a stream that the upstream breaks off ends with an error event and is charged what was relayed, estimated', async () => {
  const reply = await service.call('/v1/chat/completions', {
    body: chat('#echo tokens 200\n#echo cut 50', { stream: true }),
  });
  const text = await reply.text();
  expect(text).toContain('upstream_interrupted');
  expect(text).not.toContain('[DONE]');
  const receipt = await settledReceipt(reply.headers.get('x-corvus-request-id'));
  expect(receipt).toMatchObject({ status: 'settled', usageSource: 'estimated', writtenOff: '0.00' });
  expect(receipt.usage?.outputText).toBeGreaterThan(20);
  expect(receipt.usage?.outputText).toBeLessThan(200);
});

test('a client that leaves in mid-stream pays for what it got and holds nothing (D59)', async () => {
  const body = chat('#echo tokens 400\n#echo delay 20', { stream: true });
  const reply = await service.call('/v1/chat/completions', { body });
  const reader = reply.body?.getReader();
  let text = '';
  while (!text.includes('" echo"')) text += new TextDecoder().decode((await reader?.read())?.value);
  await reader?.cancel();
  const receipt = await settledReceipt(reply.headers.get('x-corvus-request-id'));
  expect(receipt).toMatchObject({ status: 'settled', usageSource: 'estimated' });
  expect(receipt.usage?.outputText).toBeLessThan(400);
  expect(await (await service.call('/v1/account')).json()).toMatchObject({ held: '0.00' });
});

test('an upstream that reports no usage is charged by estimate, not for nothing (D60)', async () => {
  const reply = await service.call('/v1/chat/completions', { body: chat('#echo tokens 100\n#echo no-usage') });
  await reply.text();
  const receipt = await settledReceipt(reply.headers.get('x-corvus-request-id'));
  expect(receipt).toMatchObject({ status: 'settled', usageSource: 'estimated' });
  expect(receipt.cost).not.toBe('0.00');
});

test('an upstream error costs nothing (D62)', async () => {
  const reply = await service.call('/v1/chat/completions', { body: chat('#echo error 500 server_error') });
  expect(reply.status).toBe(500);
  const receipt = await settledReceipt(reply.headers.get('x-corvus-request-id'));
  expect(receipt).toMatchObject({ status: 'released', cost: '0.00', usage: null });
});

test('a stream longer than its first hold reserves more while it runs', async () => {
  const reply = await service.call('/v1/chat/completions', { body: chat('#echo tokens 5000', { stream: true }) });
  expect(await reply.text()).toContain('[DONE]');
  const receipt = await settledReceipt(reply.headers.get('x-corvus-request-id'));
  expect(receipt).toMatchObject({
    status: 'settled',
    usageSource: 'provider',
    writtenOff: '0.00',
    usage: { outputText: 5000 },
  });
});

test('a ledger that cannot be written lets nothing through (D51)', async () => {
  await using broken = await startTestBackend();
  await broken.database.run('alter table holds rename to holds_away');
  const reply = await broken.call('/v1/chat/completions', { body: chat('Hi') });
  expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await reply.json()).toMatchObject({ error: { code: 'billing_unavailable' } });
  await broken.database.run('alter table holds_away rename to holds');
  expect((await broken.call('/v1/chat/completions', { body: chat('Hi') })).status).toBe(200);
});

test('a client that leaves before the first token: the upstream is let go, nothing is charged, nothing stays held (D58)', async () => {
  const silent = createServer(() => undefined);
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const address = silent.address();
  const baseUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`;
  const credential = { name: 'silent', baseUrl, dialectFamily: 'openai', apiKey: 'x', priority: 0, weight: 1 } as const;
  await using asked = await startTestBackend({ pools: { openai: [credential] } });
  const leaving = new AbortController();
  const reply = fetch(`${asked.baseUrl}/v1/chat/completions`, {
    method: 'POST',
    signal: leaving.signal,
    headers: { authorization: `Bearer ${asked.customerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(chat('Hi', { model: 'gpt-5.5', stream: true })),
  });
  const [request] = await once(silent, 'request');
  const closed = once(z.instanceof(IncomingMessage).parse(request).socket, 'close');
  leaving.abort();
  await expect(reply).rejects.toThrow();
  await closed;
  await eventually(async () =>
    expect(await (await asked.call('/v1/account')).json()).toMatchObject({ held: '0.00', balance: '25.00' }),
  );
  expect(await asked.database.run('select outcome, status from requests')).toEqual([
    { outcome: 'cancelled', status: 'released' },
  ]);
  silent.close();
});
