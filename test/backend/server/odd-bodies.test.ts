import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { endpoints } from '#backend/server/routes.ts';
import { brokenOff, oddBodies } from '../../support/fakes/odd-bodies.ts';
import { startTestBackend } from '../../support/start-test-backend.ts';

function sendRaw(baseUrl: string, line: string, key: string, rest: string, hangsUp = false): Promise<string> {
  const { hostname, port, host } = new URL(baseUrl);
  const head = `${line} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${key}\r\nconnection: close\r\n`;
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () =>
      socket.write(head + rest, 'latin1', () => void (hangsUp && socket.destroy())),
    );
    socket.setEncoding('latin1').on('data', (data: string) => (text += data));
    socket.on('error', () => undefined).on('close', () => resolve(text));
  });
}

const lines = [
  ...endpoints
    .filter(({ method }) => method !== 'get')
    .map(({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/:\w+/g, 'x')}`),
  'POST /v1/chat/completions',
  'POST /anthropic/v1/messages',
  'POST /v1/nothing',
  'POST /',
];

test('no malformed body makes any endpoint fail with an internal error (F25)', async () => {
  const failures: unknown[] = [];
  const logger = {
    info: () => undefined,
    warn: () => undefined,
    error: (...facts: unknown[]) => void failures.push(facts),
  };
  await using service = await startTestBackend({ logger });
  for (const [name, rest] of Object.entries(oddBodies)) {
    const replies = await Promise.all(lines.map((line) => sendRaw(service.baseUrl, line, service.customerKey, rest)));
    for (const [index, reply] of replies.entries()) {
      const status = Number(/^HTTP\/1.1 (?!100)(\d+)/m.exec(reply)?.[1] ?? 0);
      // A connection that is cut while the client still writes may lose the refusal; a broken chunk cuts it.
      if (status === 0) expect([rest.length > 1_000_000 || name === 'a broken chunk', name]).toEqual([true, name]);
      else
        expect([status < 500 || status === 503, reply.slice(0, 300)], `${lines[index]}: ${name}`).toEqual([
          true,
          expect.anything(),
        ]);
    }
  }
  for (const rest of Object.values(brokenOff)) {
    await Promise.all(lines.map((line) => sendRaw(service.baseUrl, line, service.customerKey, rest, true)));
  }
  expect((await service.call('/v1/account')).status).toBe(200);
  expect(failures).toEqual([]);
}, 60_000);
