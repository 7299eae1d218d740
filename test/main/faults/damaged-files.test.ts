import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import type { Account } from '#shared/account/account.ts';
import { eventually } from '../../support/eventually.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startTestBackend } from '../../support/start-test-backend.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { testFolder } from '../../support/test-folder.ts';
import { run } from '../headless/cli-fixture.ts';
import { ledgerFaults } from './backend-ledger.ts';
import { connectApp, sum } from './hosted-service.ts';
import { type App, chat, expectMirrorAgrees, sandboxKey, startApp } from './run-app.ts';

const databases = { app: 'corvusllm.db', playMoney: 'sandbox.db' };

const damages: Readonly<Record<string, (path: string) => void>> = {
  'random garbage': (path) => writeFileSync(path, randomBytes(readFileSync(path).length)),
  'cut in half': (path) => truncateSync(path, Math.floor(readFileSync(path).length / 2)),
};

interface UsedHome {
  home: string;
  app: App;
  key: string;
}

/** A home in which two calls were made and paid. */
async function usedHome(): Promise<UsedHome> {
  const home = await temporaryHome();
  const app = await startApp({ home });
  const key = await app.newKey();
  for (const text of ['Hello', 'Hello again']) expect((await chat(app.gateway, key, text)).status).toBe(200);
  return { home, app, key };
}

/** One that the app has left: made once, and copied for each test. */
interface LeftHome {
  home: string;
  key: string;
  account: Account;
}

const original = mkdtempSync(join(testFolder, 'corvusllm-left-'));
let leaving: Promise<Omit<LeftHome, 'home'>> | null = null;
afterAll(() => rmSync(original, { recursive: true, force: true }));

async function leaveOriginal(): Promise<Omit<LeftHome, 'home'>> {
  const { home, app, key } = await usedHome();
  const account = await expectMirrorAgrees(app, await sandboxKey(home));
  await app.stop();
  // The end folds every row into the one file, so that what is copied or damaged is all there is.
  expect(readdirSync(home).filter((name) => name.endsWith('-wal'))).toEqual([]);
  cpSync(home, original, { recursive: true });
  return { key, account };
}

async function leftHome(): Promise<LeftHome> {
  const left = await (leaving ??= leaveOriginal());
  const home = await temporaryHome();
  cpSync(original, home, { recursive: true });
  return { home, ...left };
}

async function noticeIds(app: App): Promise<string[]> {
  return (await app.call('app.status', undefined)).notices.map(({ id }) => id);
}

test.each(Object.keys(damages))(
  "the app's database is %s: it is set aside, the app says so, the money is fetched again",
  async (damage) => {
    const { home, key, account: before } = await leftHome();
    damages[damage]?.(join(home, databases.app));
    const damaged = readFileSync(join(home, databases.app));

    const again = await startApp({ home });
    expect(await noticeIds(again)).toEqual(['store.damaged']);
    const aside = readdirSync(home).filter((name) => name.startsWith(`${databases.app}.corrupt-`));
    expect(aside).toHaveLength(1);
    expect(readFileSync(join(home, aside[0] ?? ''))).toEqual(damaged);
    expect(await again.requests()).toEqual([]);
    expect((await chat(again.gateway, key, 'Hello')).status).toBe(401);
    const after = await expectMirrorAgrees(again, await sandboxKey(home));
    expect([after.id, after.balance]).toEqual([before.id, before.balance]);
    expect((await again.call('billing.ledger', { cursor: null, limit: 500 })).lines).toHaveLength(3);
    expect((await chat(again.gateway, await again.newKey(), 'Hello')).status).toBe(200);
  },
);

test.each(Object.keys(damages))(
  'with a play-money database that is %s, the app moves it aside, says so and creates a new one',
  async (damage) => {
    const { home, key } = await leftHome();
    damages[damage]?.(join(home, databases.playMoney));

    const again = await startApp({ home });
    expect(await noticeIds(again)).toEqual(['sandbox.damaged']);
    // With its log beside it, where it had one.
    const aside = readdirSync(home).filter(
      (name) => name.startsWith(`${databases.playMoney}.corrupt-`) && !/-(wal|shm)$/.test(name),
    );
    expect(aside).toHaveLength(1);
    expect((await expectMirrorAgrees(again, await sandboxKey(home))).balance).toBe('25.00');
    expect((await chat(again.gateway, key, 'Hello')).status).toBe(200);
    expect(await again.requests()).toHaveLength(3);
    await expectMirrorAgrees(again, await sandboxKey(home));
    await again.stop();
    expect(await ledgerFaults(join(home, databases.playMoney))).toEqual([]);
  },
);

test('with a play-money database that cannot be opened, the app runs, and a call gets the reason', async () => {
  const home = await temporaryHome();
  mkdirSync(join(home, databases.playMoney));
  const app = await startApp({ home });
  expect(await noticeIds(app)).toEqual(['account.problem']);
  const reply = await chat(app.gateway, await app.newKey(), 'Hello');
  expect(reply.status).toBe(503);
  expect(await reply.json()).toMatchObject({
    error: { code: 'storage_unavailable', message: expect.stringContaining('play-money service') },
  });
});

test.each(Object.values(databases))(
  'the write-ahead log of %s was deleted after a crash: the app starts, and shows what the account says',
  async (name) => {
    const { home, app } = await usedHome();
    await app.kill();
    rmSync(join(home, `${name}-wal`));
    const again = await startApp({ home });
    expect((await chat(again.gateway, await again.newKey(), 'Hello')).status).toBe(200);
    await expectMirrorAgrees(again, await sandboxKey(home));
    await again.stop();
    expect(await ledgerFaults(join(home, databases.playMoney))).toEqual([]);
  },
);

test('the play money is put back from an older copy: the mirror forgets what the account forgot', async () => {
  const { home, key } = await leftHome();
  const path = join(home, databases.playMoney);
  copyFileSync(path, `${path}.copy`);
  const between = await startApp({ home });
  for (const text of ['This', 'and that']) expect((await chat(between.gateway, key, text)).status).toBe(200);
  await expectMirrorAgrees(between, await sandboxKey(home));
  await between.stop();
  copyFileSync(`${path}.copy`, path);

  const again = await startApp({ home });
  expect((await chat(again.gateway, key, 'Hello once more')).status).toBe(200);
  const { balance } = await expectMirrorAgrees(again, await sandboxKey(home));
  const { lines } = await again.call('billing.ledger', { cursor: null, limit: 500 });
  expect(lines.map(({ sequence }) => sequence)).toEqual([4, 3, 2, 1]);
  expect(sum(lines.map(({ amount }) => amount))).toBe(balance);
  const rows = await again.requests();
  expect(rows).toHaveLength(5);
  expect(lines[0]?.requestId).toBe(rows[0]?.id);
});

test("the vault's key file is damaged: nothing is sent, the refusal says what to do, and doing it helps", async () => {
  await using service = await startTestBackend();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const home = await temporaryHome();
  const app = await startApp({ home });
  await connectApp(app, service);
  const custom = { dialects: ['openai-chat' as const], isLocal: false };
  const provider = { id: 'mine', kind: 'custom', baseUrl: upstream.origin, custom, key: 'sk-provider-of-mine' };
  await app.call('providers.add', provider);
  const key = await app.call('keys.create', { label: 'account', route: 'prepaid' });
  const ownKey = await app.call('keys.create', { label: 'own', route: 'provider:mine' });
  await app.stop();
  writeFileSync(join(home, 'vault.key'), 'not a key any more', { mode: 0o600 });

  const again = await startApp({ home });
  const ask = ({ secret }: { secret: string }) => chat(again.gateway, secret, 'Hello', { model: 'gpt-5.5' });
  for (const caller of [key, ownKey]) {
    const reply = await ask(caller);
    expect(reply.status).toBe(503);
    expect(reply.headers.get('x-should-retry')).toBe('false');
    expect(await reply.json()).toMatchObject({
      error: { code: 'secret_unreadable', message: expect.stringContaining('Enter the key again') },
    });
  }
  expect(upstream.received).toEqual([]);
  expect(await noticeIds(again)).toEqual(['account.problem']);
  expect(await again.call('providers.list', undefined)).toMatchObject([
    { id: 'mine', keys: [{ name: 'main', isReadable: false }] },
  ]);

  await again.call('providers.change-key', {
    id: 'mine',
    name: 'main',
    key: provider.key,
    priority: null,
    weight: null,
  });
  await connectApp(again, service);
  for (const caller of [key, ownKey]) expect((await ask(caller)).status).toBe(200);
  expect(await noticeIds(again)).toEqual([]);
});

test('a backup is made while the app runs, is restored only while it does not, and the old key works again', async () => {
  const { home, app, key } = await usedHome();
  // A charge that comes after the backup would make an earlier row newer too.
  await eventually(async () => {
    for (const row of await app.requests()) expect(row.match).toBe('agrees');
  });
  const file = join(home, 'moved.db');
  const made = await run(['backup', file, '--json', '--home', home]);
  expect(JSON.parse(made.out)).toMatchObject({ path: file, bytes: readFileSync(file).length });
  expect((await run(['backup', file, '--home', home])).error).toContain('[conflict]');
  expect((await run(['restore', file, '--home', home])).error).toMatch(/Corvus is running .* \[conflict\]/);
  expect((await chat(app.gateway, key, 'Hello since')).status).toBe(200);
  const before = await app.requests();
  await app.stop();
  const restored = await run(['restore', file, '--home', home]);
  expect([restored.code, restored.error]).toEqual([0, '']);
  expect(restored.out).toMatch(/3 requests\.\nNewer than the backup: 1\./);

  const again = await startApp({ home });
  expect(await noticeIds(again)).toEqual([]);
  expect((await again.requests()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  await expectMirrorAgrees(again, await sandboxKey(home));
  expect((await chat(again.gateway, key, 'Hello')).status).toBe(200);
});
