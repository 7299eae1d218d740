import { expect, test } from 'vitest';
import { systemRandom } from '#backend/create-backend.ts';
import { accountSchema } from '#shared/account/account.ts';
import { timeOrderedId } from '#shared/ids.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

const id = timeOrderedId('req', Date.now(), systemRandom.bytes(10));

async function send({ call }: TestBackend, text: string, more: object = {}): Promise<[number, string | null, string]> {
  const headers = { 'x-corvus-request-id': id };
  const reply = await call('/v1/chat/completions', { headers, body: chat(text, more) });
  return [reply.status, reply.headers.get('x-should-retry'), await reply.text()];
}

test('an id is executed and charged once: ten sent at once and ten more, with the same body or another (D64)', async () => {
  await using service = await startTestBackend();
  const before = accountSchema.parse(await (await service.call('/v1/account')).json()).balance;
  const ownId =
    (await service.call('/v1/chat/completions', { body: chat('Hi') })).headers.get('x-corvus-request-id') ?? '';
  const again = { headers: { 'x-corvus-request-id': ownId } };
  for (const body of [chat('Hi'), chat('Something else'), chat('Hi', { stream: true })]) {
    const reply = await service.call('/v1/chat/completions', { ...again, body });
    expect([reply.status, reply.headers.get('x-should-retry')]).toEqual([422, 'false']);
    expect(await reply.json()).toMatchObject({ error: { code: 'idempotency_key_reused' } });
  }
  const after = accountSchema.parse(await (await service.call('/v1/account')).json()).balance;
  expect(before).not.toBe(after);
  const resent = await Promise.all(Array.from({ length: 10 }, () => send(service, '#echo tokens 50')));
  const [served, refused] = [resent.filter(([status]) => status === 200), resent.filter(([status]) => status !== 200)];
  expect([served.length, refused.length]).toEqual([1, 9]);
  for (const [status, retry] of refused)
    expect([
      ['409', 'true'],
      ['422', 'false'],
    ]).toContainEqual([String(status), retry]);
  const paid = accountSchema.parse(await (await service.call('/v1/account')).json()).balance;
  for (let turn = 0; turn < 10; turn += 1) expect((await send(service, '#echo tokens 50'))[0]).toBe(422);
  expect((await send(service, 'another body'))[0]).toBe(422);
  expect(accountSchema.parse(await (await service.call('/v1/account')).json()).balance).toBe(paid);
  expect(await service.database.run(`select id from requests where id = '${id}'`)).toHaveLength(1);
  expect(await service.backend.verify()).toEqual([]);
});

test('while a request is answered its id is in flight, and may be retried later (D64)', async () => {
  await using service = await startTestBackend();
  const headers = { 'x-corvus-request-id': id };
  const running = await service.call('/v1/chat/completions', { headers, body: chat('#echo stall', { stream: true }) });
  const reader = running.body?.getReader();
  await reader?.read();
  const [status, retry, text] = await send(service, '#echo stall', { stream: true });
  expect([status, retry]).toEqual([409, 'true']);
  expect(text).toContain('request_in_flight');
  await reader?.cancel();
});
