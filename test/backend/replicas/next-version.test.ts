import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished, expect, test } from 'vitest';
import { createBackend } from '#backend/create-backend.ts';
import { newestVersion } from '#backend/database/migrations.ts';
import { eventually } from '../../support/eventually.ts';
import { chat, startTestBackend, testOptions } from '../../support/start-test-backend.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** The program of the next release: the same but for one more step of the schema. */
function makeNextVersion(): string {
  const folder = join(root, 'test-results', `next-version-${process.pid}`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  for (const part of ['src', 'resources', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const list = join(folder, 'src', 'backend', 'database', 'migrations.ts');
  const step = "{ name: 'next', sql: ({ text }) => `alter table requests add column region ${text} default 'eu';` }";
  const text = readFileSync(list, 'utf8');
  const changed = text.replace(/(const migrations: readonly Migration\[\] = \[[^\]]+?),?\s*\]/, `$1, ${step}]`);
  if (changed === text) throw new Error('the list of steps was not found');
  writeFileSync(list, changed);
  return join(folder, 'src', 'backend', 'main.ts');
}

async function startNextVersion(place: string): Promise<{ baseUrl: string } & AsyncDisposable> {
  const env = {
    ...process.env,
    DATABASE_URL: place,
    CORVUSLLM_BACKEND_INSTANCE: 'next',
    CORVUSLLM_BACKEND_PORT: '0',
    CORVUSLLM_BACKEND_PLAY_MONEY: 'true',
    CORVUSLLM_BACKEND_LOG_LEVEL: 'error',
  };
  const child = spawn(process.execPath, [makeNextVersion()], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void ended.then(() => reject(new Error('the next version did not start')));
  });
  const { baseUrl } = JSON.parse(line) as { baseUrl: string };
  return {
    baseUrl,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Six clients that ask one after the other until they are stopped, which also happens when the test fails. */
function startLoad(ask: (turn: number) => Promise<void>) {
  let isOver = false;
  const asking = Array.from({ length: 6 }, async (_, first) => {
    for (let turn = first; !isOver; turn += 1) await ask(turn);
  });
  const ended = Promise.allSettled(asking);
  return {
    async stop() {
      isOver = true;
      await Promise.all(asking);
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await ended;
    },
  };
}

test(
  'the next version starts beside this one under load: no request is lost, the ledger is right, and this one takes no more requests (D88)',
  { timeout: 90_000 },
  async () => {
    await using service = await startTestBackend({ instance: 'this' });
    const statuses: number[] = [];
    const addresses = [service.baseUrl];
    const ask = async (turn: number): Promise<void> => {
      const reply = await service.callAt(
        addresses[turn % addresses.length] ?? service.baseUrl,
        '/v1/chat/completions',
        {
          body: chat('#echo tokens 20'),
        },
      );
      await reply.text();
      statuses.push(reply.status);
    };
    await using load = startLoad(ask);
    await eventually(() => expect(statuses.length).toBeGreaterThan(30));
    await using next = await startNextVersion(service.database.place);
    // Both answer, in turn.
    addresses.push(next.baseUrl);
    const seen = statuses.length;
    await eventually(() => expect(statuses.length).toBeGreaterThan(seen + 60));
    // A load balancer takes this version out, because its schema is not the database's any more.
    expect((await fetch(`${service.baseUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${next.baseUrl}/readyz`)).status).toBe(200);
    await load.stop();
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await service.backend.verify()).toEqual([]);
    const [row] = await service.database.run(
      "select count(*) as settled from requests where status = 'settled' and region = 'eu'",
    );
    expect(row).toEqual({ settled: String(statuses.length) });
    await expect(createBackend(testOptions(service.database))).rejects.toThrow(
      `this program knows schemas up to ${newestVersion}`,
    );
  },
);
