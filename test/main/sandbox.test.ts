import { chmodSync, lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accountSchema } from '#shared/account/account.ts';
import { sandbox } from '../../src/main/sandbox.ts';
import { testFolder } from '../support/test-folder.ts';

test('the sandbox keeps its key and its balance across a restart', { timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(testFolder, 'corvus-sandbox-'));
  const databasePath = join(folder, 'sandbox.db');
  const ask = async (running: { baseUrl: string; customerKey: string }) => {
    const headers = { authorization: `Bearer ${running.customerKey}`, 'content-type': 'application/json' };
    const body = JSON.stringify({
      model: 'claude-sonnet-5',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    const reply = await fetch(`${running.baseUrl}/v1/messages`, { method: 'POST', headers, body });
    const account = accountSchema.parse(await (await fetch(`${running.baseUrl}/v1/account`, { headers })).json());
    return { status: reply.status, account };
  };
  const first = await sandbox.start({ databasePath });
  const before = await ask(first);
  expect(before).toMatchObject({ status: 200, account: { isPlayMoney: true } });
  await first.stop();
  const second = await sandbox.start({ databasePath });
  const after = await ask(second);
  await second.stop();
  await second.stop(); // Nothing to wait for any more.
  expect(second.customerKey).toBe(first.customerKey);
  expect(after.account.id).toBe(before.account.id);
  expect(Number(after.account.totalUsed)).toBeCloseTo(2 * Number(before.account.totalUsed), 9);
  expect(statSync(`${databasePath}.key`).mode & 0o777).toBe(0o600);
  rmSync(folder, { recursive: true, force: true });
});

test('a key file that is a link is refused and its target stays as it was; one that others could read is replaced (A11)', async () => {
  const folder = mkdtempSync(join(testFolder, 'corvus-sandbox-'));
  const databasePath = join(folder, 'sandbox.db');
  const keyPath = `${databasePath}.key`;
  const first = await sandbox.start({ databasePath });
  await first.stop();
  chmodSync(keyPath, 0o644);
  const second = await sandbox.start({ databasePath });
  await second.stop();
  expect(second.customerKey).not.toBe(first.customerKey);
  expect(readFileSync(keyPath, 'utf8')).toBe(second.customerKey);
  expect(statSync(keyPath).mode & 0o777).toBe(0o600);
  for (const content of ['mine', second.customerKey]) {
    const target = join(folder, 'target');
    writeFileSync(target, content);
    rmSync(keyPath);
    symlinkSync(target, keyPath);
    await expect(sandbox.start({ databasePath })).rejects.toThrow('symbolic link');
    expect(readFileSync(target, 'utf8')).toBe(content);
    expect(lstatSync(keyPath).isSymbolicLink()).toBe(true);
  }
  rmSync(folder, { recursive: true, force: true });
});
