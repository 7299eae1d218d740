import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { accountSchema } from '#shared/account/account.ts';
import { createBackend } from '#backend/create-backend.ts';
import { chat, startTestBackend, testOptions } from '../start-test-backend.ts';

test('what is no request of HTTP/1.1 is refused in the envelope of every other refusal', async () => {
  await using service = await startTestBackend();
  const socket = connect(Number(new URL(service.baseUrl).port), '127.0.0.1');
  socket.write('GET / NONSENSE\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { code: 'bad_request', request_id: expect.any(String) } });
});

test('a second start on port and database is refused by name, and the holds of the first stay', async () => {
  await using service = await startTestBackend();
  const reply = await service.call('/v1/chat/completions', { body: chat('#echo stall', { stream: true }) });
  const reader = reply.body?.getReader();
  await reader?.read();
  const second = await createBackend({ ...testOptions(service.database), port: Number(new URL(service.baseUrl).port) });
  await expect(second.start()).rejects.toMatchObject({ code: 'port_taken', message: expect.stringContaining(`process ${process.pid}`) });
  await second.stop(0);
  expect(accountSchema.parse(await (await service.call('/v1/account')).json()).held).not.toBe('0.00');
  expect(await service.backend.verify()).toEqual([]);
  await reader?.cancel();
});

test('D57 stopping: a running stream comes to its end and is settled, followers of an account are let go at once', async () => {
  await using service = await startTestBackend();
  const events = await service.call('/v1/account/events');
  const stream = await service.call('/v1/chat/completions', { body: chat('#echo tokens 20\n#echo delay 20', { stream: true }) });
  const reader = stream.body?.getReader();
  const first = await reader?.read();
  const stopped = service.backend.stop(20_000);
  let text = new TextDecoder().decode(first?.value);
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += new TextDecoder().decode(part.value);
  expect(text).toContain('data: [DONE]');
  expect(await events.text()).toContain('event: account');
  await stopped;
  await expect(service.call('/v1/account')).rejects.toThrow();
});
