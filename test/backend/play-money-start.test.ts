import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openDatabase } from '#backend/database/open-database.ts';
import { createTestDatabase, databaseKind, databaseSettings } from '../support/test-database.ts';
import { builtBackend } from '../support/built-program.ts';

const refuseAccounts =
  databaseKind === 'postgres'
    ? "create trigger no_more before insert on customer_accounts for each row execute function refuse_change('no more accounts')"
    : "create trigger no_more before insert on customer_accounts begin select raise(abort, 'no more accounts'); end";

test('a service with play money whose account cannot be made ends, and says why', async () => {
  const database = await createTestDatabase();
  await (await openDatabase(database.place)).destroy();
  await database.run(refuseAccounts);
  const env = {
    PATH: process.env['PATH'],
    CORVUSLLM_BACKEND_PORT: '0',
    CORVUSLLM_BACKEND_PLAY_MONEY: 'true',
    CORVUSLLM_BACKEND_LOG_LEVEL: 'silent',
    ...databaseSettings(database),
  };
  const child = spawn(process.execPath, [builtBackend], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect(stderr).toContain('no more accounts');
  expect(stdout).toBe('');
  expect(code).toBe(1);
  await database.drop();
});
