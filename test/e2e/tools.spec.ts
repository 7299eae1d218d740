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
