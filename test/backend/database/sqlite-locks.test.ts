import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

let service: TestBackend;
/** As a backup tool or a shell in another process has the file open. */
let other: SqliteDatabase.Database;

beforeEach(async () => {
  service = await startTestBackend();
  other = new SqliteDatabase(service.database.place);
});

afterEach(async () => {
  if (other.inTransaction) other.exec('rollback');
  other.close();
  expect(await service.backend.verify()).toEqual([]);
  await service[Symbol.asyncDispose]();
});

const setCap = (monthly: string) => service.call('/v1/account/cap', { method: 'PUT', body: { monthly } });

test('while another process holds the write lock, reads are answered, and writes go through once it is free (F20, E109)', async () => {
  other.exec('begin immediate');
  let written = 0;
  const writes = [
    setCap('5.00'),
    service.call('/v1/account/keys', { body: { label: 'laptop' } }),
    service.call('/v1/chat/completions', { body: chat('Hi') }),
  ];
  for (const write of writes) void write.then(() => (written += 1));
  for (let count = 0; count < 20; count += 1) {
    const replies = await Promise.all([
      fetch(`${service.baseUrl}/healthz`),
      fetch(`${service.baseUrl}/readyz`),
      service.call('/v1/account'),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
  }
  expect(written).toBe(0);
  other.exec('rollback');
  expect((await Promise.all(writes)).map(({ status }) => status)).toEqual([200, 201, 200]);
});

test('a lock that stays is a refusal with a retry time, at once for later requests, and nothing was changed (F20, D51)', async () => {
  other.exec('begin immediate');
  const refused = await Promise.all([setCap('5.00'), service.call('/v1/chat/completions', { body: chat('Hi') })]);
  refused.push(await setCap('6.00'));
  for (const reply of refused) {
    expect(reply.status).toBe(503);
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await reply.json()).toMatchObject({ error: { code: 'billing_unavailable' } });
  }
  other.exec('rollback');
  expect((await setCap('7.00')).status).toBe(200);
  expect(await (await service.call('/v1/account/cap')).json()).toMatchObject({
    monthly: '7.00',
    spent: '0.00',
    held: '0.00',
  });
});
