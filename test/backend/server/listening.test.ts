import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { accountSchema } from '#shared/account/account.ts';
import { createBackend } from '#backend/create-backend.ts';
import { chat, startTestBackend, testOptions } from '../../support/start-test-backend.ts';

test('a malformed HTTP/1.1 request is refused in the same envelope as any other refusal', async () => {
  await using service = await startTestBackend();
  const socket = connect(Number(new URL(service.baseUrl).port), '127.0.0.1');
  socket.write('GET / NONSENSE\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({
    error: { code: 'bad_request', request_id: expect.any(String) },
  });
});

test('a second start on the same port or database is refused with a reason, and the holds of the first stay', async () => {
  await using service = await startTestBackend();
  const reply = await service.call('/v1/chat/completions', { body: chat('#echo stall', { stream: true }) });
  const reader = reply.body?.getReader();
  await reader?.read();
  const second = await createBackend({ ...testOptions(service.database), port: Number(new URL(service.baseUrl).port) });
  await expect(second.start()).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringContaining(`process ${process.pid}`),
  });
  await second.stop(0);
  expect(accountSchema.parse(await (await service.call('/v1/account')).json()).held).not.toBe('0.00');
  expect(await service.backend.verify()).toEqual([]);
  await reader?.cancel();
});

test('stopping: a running stream comes to its end and is settled, followers of an account are let go at once (D57)', async () => {
  await using service = await startTestBackend();
  const events = await service.call('/v1/account/events');
  const stream = await service.call('/v1/chat/completions', {
    body: chat('#echo tokens 20\n#echo delay 20', { stream: true }),
  });
  const reader = stream.body?.getReader();
  const first = await reader?.read();
  const stopped = service.backend.stop(20_000);
  let text = new TextDecoder().decode(first?.value);
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
    text += new TextDecoder().decode(part.value);
  expect(text).toContain('data: [DONE]');
  expect(await events.text()).toContain('event: account');
  await stopped;
  await expect(service.call('/v1/account')).rejects.toThrow();
});

test('stopping with many streams: all come to their end and are settled; a call that still gets in is 503 and told to come back (D57)', async () => {
  const count = 40;
  await using service = await startTestBackend();
  const body = chat('#echo tokens 20\n#echo delay 20', { stream: true });
  const streams = await Promise.all(
    Array.from({ length: count }, () => service.call('/v1/chat/completions', { body })),
  );
  // Only a connection with a call under way takes another one now.
  const { host, port } = new URL(service.baseUrl);
  const socket = connect(Number(port), '127.0.0.1');
  const call = rawCall(host, service.customerKey, body);
  let answered = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answered += chunk));
  socket.write(call);
  await once(socket, 'data');
  const stopped = service.backend.stop(20_000);
  socket.write(call);
  const texts = await Promise.all(streams.map((stream) => stream.text()));
  expect(texts.filter((text) => text.includes('data: [DONE]'))).toHaveLength(count);
  if (!socket.closed) await once(socket, 'close');
  expect(answered).toMatch(/\[DONE\][\s\S]*HTTP\/1\.1 503 [\s\S]*retry-after: 1[\s\S]*shutting_down/i);
  await stopped;
  const ended = await service.database.run('select status, outcome from requests');
  expect(ended).toEqual(Array.from({ length: count + 1 }, () => ({ status: 'settled', outcome: 'completed' })));
});

function rawCall(host: string, key: string, body: object): string {
  const text = JSON.stringify(body);
  const headers = `Host: ${host}\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}`;
  return `POST /v1/chat/completions HTTP/1.1\r\n${headers}\r\n\r\n${text}`;
}
