import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '#core/store/migrate.ts';
import { first } from '#core/store/migrations/0001-first.ts';
import { openStore } from '#core/store/open-store.ts';
import { quiet, realClock, temporaryFolder } from '../../support/store-fixture.ts';

/** A data folder's database as the first schema wrote it. */
function oldDatabase(): string {
  const folder = temporaryFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'corvusllm.db');
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  migrate(db, [first]);
  const insert = db.prepare(`INSERT INTO providers VALUES (?, ?, ?, ?, '…1234', ?, '["m"]', NULL)`);
  insert.run('openai', 'openai', 'https://api.openai.com/v1', 0, 1);
  insert.run('claude', 'anthropic', 'https://api.anthropic.com', 0, 2);
  insert.run('mirror', 'anthropic', 'https://api.anthropic.com.example/v1', 0, 3);
  insert.run('lab', 'openai', 'http://10.0.0.5:8000/v1', 1, 4);
  db.close();
  return path;
}

test('providers of the first schema keep all they had and gain their kind and dialects', async () => {
  const store = await openStore({ databasePath: oldDatabase(), clock: realClock, logger: quiet });
  onTestFinished(() => store.close());
  const common = { keyHint: '…1234', models: ['m'], lastTest: null };
  expect(await store.providers.list()).toEqual([
    {
      ...common,
      id: 'openai',
      kind: 'openai',
      dialects: ['openai-chat'],
      baseUrl: 'https://api.openai.com/v1',
      isLocal: false,
      createdAtMs: 1,
    },
    {
      ...common,
      id: 'claude',
      kind: 'anthropic',
      dialects: ['anthropic-messages'],
      baseUrl: 'https://api.anthropic.com',
      isLocal: false,
      createdAtMs: 2,
    },
    {
      ...common,
      id: 'mirror',
      kind: 'custom',
      dialects: ['anthropic-messages'],
      baseUrl: 'https://api.anthropic.com.example/v1',
      isLocal: false,
      createdAtMs: 3,
    },
    { ...common, id: 'lab', kind: 'custom', dialects: ['openai-chat'], baseUrl: 'http://10.0.0.5:8000/v1', isLocal: true, createdAtMs: 4 },
  ]);
});

test('rows of calls without a key become counts, and endless words are cut (F15, F23)', async () => {
  const path = oldDatabase();
  const db = new Database(path);
  const insert = db.prepare(
    `INSERT INTO requests (id, created_at_ms, local_key_id, dialect, endpoint, model_requested, lane, status, http_status, error_code, is_stream,
       request_bytes, user_agent, model_served) VALUES (?, ?, ?, 'openai-chat', '/v1/chat/completions', '', ?, ?, ?, ?, 0, 0, ?, ?)`,
  );
  const id = (index: number) => `req_${index.toString(16).padStart(12, '0')}_${'0'.repeat(20)}`;
  for (let index = 0; index < 120; index += 1)
    insert.run(
      id(index),
      index,
      null,
      null,
      'refused',
      401,
      'invalid_api_key',
      index < 100 ? 'tool' : `tool-${index}-${'x'.repeat(9_000)}`,
      null,
    );
  insert.run(id(500), 500, 'lk_1', null, 'refused', 400, 'bad_request', 'tool', null);
  insert.run(id(501), 501, 'lk_1', 'byok', 'completed', 200, null, 'y'.repeat(9_000), 'z'.repeat(9_000));
  db.close();
  const store = await openStore({ databasePath: path, clock: realClock, logger: quiet });
  onTestFinished(() => store.close());
  const { total, kinds } = await store.refusals.list();
  expect(total).toBe(120);
  expect(kinds).toContainEqual({
    errorCode: 'invalid_api_key',
    httpStatus: 401,
    endpoint: '/v1/chat/completions',
    userAgent: 'tool',
    count: 100,
    firstAtMs: 0,
    lastAtMs: 99,
  });
  expect((await store.requests.facets()).total).toBe(2);
  const cut = new Database(path, { readonly: true });
  expect(cut.prepare('SELECT max(length(model_served)) AS model, max(length(user_agent)) AS agent FROM requests').get()).toEqual({
    model: 512,
    agent: 256,
  });
  cut.close();
});
