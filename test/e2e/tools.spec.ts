import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { expectAccessible } from './accessible.ts';
import { hello, openPage, test } from './app-fixture.ts';

test('a tool is connected by keyboard, its first request appears, and its file is as before after an undo', async ({
  app,
  dashboard: page,
}) => {
  const settings = join(app.home, '.codex', 'config.toml');
  const before = '# mine\nmodel = "gpt-5" # why\n';
  await mkdir(join(app.home, '.codex'));
  await writeFile(settings, before);
  await openPage(page, 'Tools');
  await page.getByRole('button', { name: 'Connect: Codex' }).press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('+ model_provider = "corvus"')).toBeVisible();
  await expectAccessible(page, 'the changes to a tool', 'all', '[role="dialog"]');
  expect(await readFile(settings, 'utf8')).toBe(before);
  await dialog.getByRole('button', { name: 'Write these changes' }).press('Enter');
  await expect(dialog.getByText('Waiting for its first request')).toBeVisible();

  const key = /sk-local-[\w-]+/.exec(await readFile(settings, 'utf8'))?.[0] ?? '';
  await app.client(key).responses.create({ model: 'corvus/echo', input: hello() });
  await expect(dialog.getByText('Codex reaches Corvus')).toBeVisible();
  await dialog.getByRole('button', { name: 'Done' }).press('Enter');
  await expect(page.getByRole('link', { name: /last request/ })).toBeVisible();
  await expectAccessible(page, 'the tools', 'all', 'main');

  await writeFile(
    settings,
    (await readFile(settings, 'utf8')).replace('model_provider = "corvus"', 'model_provider = "theirs"'),
  );
  await page.reload();
  await expect(page.getByText('Needs attention')).toBeVisible();
  await page.getByRole('button', { name: 'Undo the connection of Codex' }).press('Enter');
  await page.getByRole('button', { name: 'Undo connection', exact: true }).press('Enter');
  await expect(page.getByText('Codex is as it was before')).toBeVisible();
  expect(await readFile(settings, 'utf8')).toBe(`${before}model_provider = "theirs"\n`);
});

test('a key for a tool that is set up by hand is revoked where its dialog is cancelled, and stays where it is done', async ({
  app,
  dashboard: page,
}) => {
  const keysInUse = async () =>
    ((await app.call('keys.list', null)) as { label: string; revokedAtMs: number | null }[]).filter(
      ({ label, revokedAtMs }) => label === 'Goose' && revokedAtMs === null,
    );
  const dialog = page.getByRole('dialog');
  const open = async () => {
    await page.getByRole('button', { name: 'Show settings: Goose' }).click();
    await expect(dialog.getByText('Waiting for its first request')).toBeVisible();
  };
  await openPage(page, 'Tools');
  await page.getByText(/more tools/).click();
  await open();
  expect(await keysInUse()).toHaveLength(1);
  await expectAccessible(page, 'the settings of a tool', 'all', '[role="dialog"]');
  await dialog.getByRole('button', { name: 'Cancel and revoke its key' }).click();
  await expect(dialog).toBeHidden();
  expect(await keysInUse()).toEqual([]);
  await open();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await open();
  await expect(dialog.getByRole('button', { name: 'Cancel and revoke its key' })).toBeHidden();
  expect(await keysInUse()).toHaveLength(1);
});

test('a double click on the button that creates a key makes one key, and leaves its secret to be read', async ({
  app,
  dashboard: page,
}) => {
  await openPage(page, 'Keys');
  await page.getByRole('button', { name: 'Create a key' }).first().click();
  await page.getByLabel('Name').fill('pressed twice');
  await page.getByRole('button', { name: 'Create key', exact: true }).dblclick();
  await expect(page.getByLabel('Secret key', { exact: true })).toBeVisible();
  const keys = (await app.call('keys.list', null)) as { label: string }[];
  expect(keys.filter(({ label }) => label === 'pressed twice')).toHaveLength(1);
});
