import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Receipt, receiptSchema } from '#shared/account/receipt.ts';
import { eventually } from '../../eventually.ts';
import { chat, startTestBackend, type TestBackend } from '../start-test-backend.ts';

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
  const reply = await service.call('/v1/chat/completions', { body: chat('#echo tokens 200\n#echo cut 50', { stream: true }) });
  const text = await reply.text();
  expect(text).toContain('upstream_interrupted');
  expect(text).not.toContain('[DONE]');
  const receipt = await settledReceipt(reply.headers.get('x-corvus-request-id'));
  expect(receipt).toMatchObject({ status: 'settled', usageSource: 'estimated', absorbed: '0.00' });
  expect(receipt.usage?.outputText).toBeGreaterThan(20);
  expect(receipt.usage?.outputText).toBeLessThan(200);
});

test('a client that leaves in mid-stream pays for what it got and holds nothing', async () => {
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

test('an upstream that reports no usage is charged by estimate, not for nothing', async () => {
  const reply = await service.call('/v1/chat/completions', { body: chat('#echo tokens 100\n#echo no-usage') });
  await reply.text();
  const receipt = await settledReceipt(reply.headers.get('x-corvus-request-id'));
  expect(receipt).toMatchObject({ status: 'settled', usageSource: 'estimated' });
  expect(receipt.cost).not.toBe('0.00');
});

test('an upstream error costs nothing', async () => {
  const reply = await service.call('/v1/chat/completions', { body: chat('#echo error 500 server_error') });
  expect(reply.status).toBe(500);
  const receipt = await settledReceipt(reply.headers.get('x-corvus-request-id'));
  expect(receipt).toMatchObject({ status: 'released', cost: '0.00', usage: null });
});

test('a stream longer than its first hold reserves more on the way', async () => {
  const reply = await service.call('/v1/chat/completions', { body: chat('#echo tokens 5000', { stream: true }) });
  expect(await reply.text()).toContain('[DONE]');
  const receipt = await settledReceipt(reply.headers.get('x-corvus-request-id'));
  expect(receipt).toMatchObject({ status: 'settled', usageSource: 'provider', absorbed: '0.00', usage: { outputText: 5000 } });
});
