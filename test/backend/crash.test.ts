import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '#backend/database/open-database.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { accountSchema } from '#shared/account/account.ts';
import { chat } from '../support/start-test-backend.ts';
import { createTestDatabase, databaseSettings, type TestDatabase } from '../support/test-database.ts';
import { builtBackend } from '../support/built-program.ts';

const readySchema = z.object({ baseUrl: z.string(), customerKey: z.string() });
let database: TestDatabase;
let service: ChildProcess | null = null;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  service?.kill('SIGKILL');
  await database.drop();
});

async function startService(): Promise<z.infer<typeof readySchema>> {
  service = spawn(process.execPath, [builtBackend], {
    env: {
      ...process.env,
      ...databaseSettings(database),
      CORVUSLLM_BACKEND_PORT: '0',
      CORVUSLLM_BACKEND_PLAY_MONEY: 'true',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: service.stdout ?? process.stdin });
  const [line] = await once(lines, 'line');
  return readySchema.parse(JSON.parse(String(line)));
}

async function killService(signal: NodeJS.Signals): Promise<void> {
  const exited = service && once(service, 'exit');
  service?.kill(signal);
  await exited;
}

function ask(baseUrl: string, customerKey: string, body?: object): Promise<Response> {
  return fetch(`${baseUrl}/v1/${body ? 'chat/completions' : 'account'}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${customerKey}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

test(
  'killed in the middle of 20 streams: after the restart no hold is open, what was settled stays, nothing else is charged',
  { timeout: 60_000 },
  async () => {
    const first = await startService();
    const settled = await ask(first.baseUrl, first.customerKey, chat('#echo tokens 100'));
    const balance = settled.headers.get('x-corvus-balance-usd');
    const streams = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const reply = await ask(
          first.baseUrl,
          first.customerKey,
          chat('#echo tokens 500\n#echo delay 50', { stream: true }),
        );
        const reader = reply.body?.getReader();
        await reader?.read();
        return reader;
      }),
    );
    expect(accountSchema.parse(await (await ask(first.baseUrl, first.customerKey)).json()).held).not.toBe('0.00');
    await killService('SIGKILL');
    for (const stream of streams) await stream?.cancel().catch(() => undefined);
    const second = await startService();
    const account = accountSchema.parse(await (await ask(second.baseUrl, first.customerKey)).json());
    expect(account).toMatchObject({ balance, held: '0.00', spendable: balance });
    expect((await ask(second.baseUrl, first.customerKey, chat('Still here'))).status).toBe(200);
    await killService('SIGTERM');
    const db = await openDatabase(database.place);
    expect(await verifyLedger(db)).toEqual([]);
    const rows = await db
      .selectFrom('requests')
      .select(['status', ({ fn }) => fn.countAll<bigint>().as('count')])
      .groupBy('status')
      .orderBy('status')
      .execute();
    expect(rows).toEqual([
      { status: 'released', count: 20n },
      { status: 'settled', count: 2n },
    ]);
    await db.destroy();
  },
);
