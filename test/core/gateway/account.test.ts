import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createStatusFile } from '#core/account/status-file.ts';
import { silentLogger } from '../../../src/main/host/node-ports.ts';
import { userSpaceHere } from '../../../src/main/host/user-space.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { createTestClock } from '../../support/test-clock.ts';
import { coreOfFile } from './start-core.ts';

const running = coreOfFile();

async function ask(path: string, key: string | null): Promise<{ status: number; body: object }> {
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  const reply = await fetch(`${running().url}${path}`, { headers });
  return { status: reply.status, body: (await reply.json()) as object };
}

test('the account is told by compatibility endpoints, each in the words of its service, from what is known here', async () => {
  const core = running();
  const key = await core.newKey();
  await core.openai(key).client.chat.completions.create({
    model: 'corvus/echo',
    messages: [{ role: 'user', content: 'Hello' }],
  });
  const balance = await core.handlers['balance.get']({ refresh: true });
  if (!('balance' in balance)) throw new Error('there is no balance');
  const left = Number(balance.balance);
  const { cost } = await core.newest();
  const used = Number(cost);
  expect(used).toBeGreaterThan(0);

  expect((await ask('/v1/account', key)).body).toMatchObject({
    object: 'account',
    state: 'confirmed',
    balance: balance.balance,
    held: '0.00',
    spendable: balance.spendable,
    totalUsed: cost,
    ageSeconds: expect.any(Number),
    isPlayMoney: true,
  });
  for (const [path, shape] of [
    ['/api/v1/credits', { data: { total_credits: 25, total_usage: used }, balance: balance.balance, total_used: cost }],
    ['/v1/credits', { balance: balance.balance }],
    ['/api/v1/key', { data: { label: 'tool', limit: null, usage: used, usage_daily: used, is_free_tier: true } }],
    ['/user/balance', { is_available: true, balance_infos: [{ currency: 'USD', total_balance: balance.balance }] }],
    ['/v1/user/balance', { is_available: true }],
    ['/v1/dashboard/billing/subscription', { hard_limit_usd: 25, has_payment_method: false }],
    ['/dashboard/billing/usage?start_date=2026-11-01', { total_usage: expect.closeTo(used * 100, 9) }],
    ['/dashboard/billing/credit_grants', { total_granted: 25, total_used: used, total_available: left }],
    ['/api/usage/token/', { data: { name: 'tool', total_granted: 12_500_000 } }],
    ['/key/info', { info: { key_alias: 'tool', spend: used, max_budget: 25, blocked: false } }],
    ['/user/info?user_id=me', { user_info: { spend: used, max_budget: 25 } }],
    ['/.well-known/ccr/account', { status: 'ok', meters: [{ id: 'balance', remaining: left }] }],
    ['/v1/usage', { balance: left, usage: { today: { requests: 1, actual_cost: used } } }],
  ] as const)
    expect.soft(await ask(path, key), path).toMatchObject({ status: 200, body: shape });
  expect(await ask('/api/status', null)).toMatchObject({ status: 200, body: { data: { quota_per_unit: 500_000 } } });
  for (const path of ['/v1/account', '/user/balance', '/key/info']) expect((await ask(path, null)).status).toBe(401);
});

test('status.json has the balance while the person wants it, written once for many changes', async () => {
  const home = await temporaryHome();
  const clock = createTestClock();
  const space = userSpaceHere(home, {});
  let writes = 0;
  let isOn = true;
  let spendable = '12.349';
  let day = { fromMs: 0, prepaid: '0.50', byokEstimate: '0.00', requests: 2, unpriced: 0 };
  const file = createStatusFile({
    clock,
    logger: silentLogger,
    paths: { home },
    userSpace: {
      writeOwn: async (...written) => {
        writes += 1;
        await space.writeOwn(...written);
      },
      remove: space.remove,
    },
    isOn: () => isOn,
    balance: async () => ({
      state: 'stale',
      balance: '13.00',
      held: '0.00',
      spendable,
      asOfMs: 0,
      isPlayMoney: false,
      isEstimate: false,
      topupUrl: null,
    }),
    spend: async () => ({
      today: day,
      month: day,
      pace: { lastHours: '0.00', perDay: null, days: 0 },
      lasts: null,
    }),
  });
  const read = async (): Promise<unknown> => JSON.parse(await readFile(join(home, 'status.json'), 'utf8'));
  const change = async (): Promise<void> => {
    for (let times = 0; times < 3; times += 1) file.changed();
    clock.advance(5_000);
    await file.settled();
  };
  await change();
  expect(await read()).toMatchObject({ text: '$12.34', state: 'stale', spendable: '12.349', today: { requests: 2 } });
  await change();
  expect(writes).toBe(1);
  spendable = '-0.001';
  await change();
  expect([writes, await read()]).toMatchObject([2, { text: '-$0.01' }]);
  // A new day begins, and nothing happens in it.
  day = { ...day, prepaid: '0.00', requests: 0 };
  clock.advance(60_000);
  await file.settled();
  expect([writes, await read()]).toMatchObject([3, { today: { prepaid: '0.00', requests: 0 } }]);
  // A link that was put there is not followed, and left as it is.
  const other = join(home, 'other');
  await writeFile(other, 'mine');
  await rm(join(home, 'status.json'));
  await symlink(other, join(home, 'status.json'));
  spendable = '1.00';
  await change();
  expect(await readFile(other, 'utf8')).toBe('mine');
  isOn = false;
  await change();
  expect(await readFile(other, 'utf8')).toBe('mine');
  await expect(read()).rejects.toThrow('ENOENT');
  file.stop();
});
