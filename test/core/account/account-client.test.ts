import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type AccountClient, createAccountClient } from '#core/account/account-client.ts';
import { toCorvusError } from '#shared/errors.ts';
import { canary, longestHarmless, longestLeak } from '../../support/fakes/echoing-answers.ts';
import { realClock } from '../../support/store-fixture.ts';

async function clientOf(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<AccountClient> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const parts = { fetch, clock: realClock, stop: new AbortController().signal };
  return createAccountClient(parts, { baseUrl, customerKey: canary });
}

const line = {
  sequence: 1,
  at: '2026-11-20T10:00:00.000Z',
  kind: 'usage',
  amount: '-0.01',
  balanceAfter: '1.00',
  requestId: null,
  orderId: null,
  description: 'gpt-5.5',
};

test('an account service that echoes the customer key is not repeated (F13)', async () => {
  for (const status of [400, 404, 409, 429, 500, 503]) {
    const client = await clientOf((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `No account for ${canary}`, code: null } }));
    });
    const error = toCorvusError(await client.ledger(0, 10).catch((thrown: unknown) => thrown));
    expect(error.message).toContain('No account for ****');
    expect(longestLeak(JSON.stringify([error.message, error.details, String(error.cause)]))).toBeLessThanOrEqual(
      longestHarmless,
    );
  }
});

test('nor is a key in its lines and live events, however they are cut (F13)', async () => {
  const sent = { ...line, description: `with ${canary}` };
  const event = `data: ${JSON.stringify({ type: 'ledger', line: sent, receipt: null })}\n\n`;
  const client = await clientOf((request, response) => {
    if (!request.url?.endsWith('/events'))
      return response.end(JSON.stringify({ object: 'list', data: [sent], hasMore: false }));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const character of event) response.write(character);
    return response.end();
  });
  const seen: unknown[] = [await client.ledger(0, 10)];
  for await (const each of client.events(0, new AbortController().signal, () => undefined)) seen.push(each);
  expect(seen).toHaveLength(2);
  expect(JSON.stringify(seen)).toContain('with ****');
  expect(longestLeak(JSON.stringify(seen))).toBeLessThanOrEqual(longestHarmless);
});

test('a statement with endless texts is refused: cut, it would no longer match its proof (F15)', async () => {
  const endless = { ...line, description: 'x'.repeat(5_000) };
  const client = await clientOf((request, response) => {
    if (!request.url?.endsWith('/events'))
      return response.end(JSON.stringify({ object: 'list', data: [endless], hasMore: false }));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const sent of [endless, line])
      response.write(`data: ${JSON.stringify({ type: 'ledger', line: sent, receipt: null })}\n\n`);
    return response.end();
  });
  await expect(client.ledger(0, 10)).rejects.toMatchObject({ code: 'upstream_not_json' });
  const seen: unknown[] = [];
  for await (const each of client.events(0, new AbortController().signal, () => undefined)) seen.push(each);
  expect(seen).toEqual([expect.objectContaining({ line: expect.objectContaining({ description: 'gpt-5.5' }) })]);
});
