import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '#core/store/migrate.ts';
import { first } from '#core/store/migrations/0001-first.ts';
import { openStore } from '#core/store/open-store.ts';
import { quiet, realClock, temporaryFolder } from './store-fixture.ts';

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
