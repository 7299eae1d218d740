import { expect } from '@playwright/test';
import { openPage, test } from './app-fixture.ts';

test('a setting that deletes requests is asked about first, however it was chosen', async ({
  app,
  dashboard: page,
}) => {
  const kept = async () => ((await app.call('settings.get', null)) as { retentionDays: number | null }).retentionDays;
  await openPage(page, 'Settings');
  const period = page.getByRole('combobox', { name: 'Keep request history' });
  // A single key on a closed list chooses at once: 90 days.
  await period.press('9');
  const dialog = page.getByRole('dialog', { name: 'Keep fewer requests?' });
  await dialog.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(period).toBeFocused();
  await expect(period).toHaveValue('');
  expect(await kept()).toBeNull();
  await period.selectOption('30 days');
  await dialog.getByRole('button', { name: 'Delete and keep less' }).click();
  await expect(period).toHaveValue('30');
  await expect.poll(kept).toBe(30);
  // More is kept without a question.
  await period.selectOption('90 days');
  await expect.poll(kept).toBe(90);
});

test('the port is the one that is set, wherever it was changed', async ({ app, dashboard: page }) => {
  await openPage(page, 'Settings');
  const port = page.getByRole('textbox', { name: 'Port' });
  await expect(port).toHaveValue('4477');
  await app.call('settings.set', { port: 4999 });
  await expect(port).toHaveValue('4999');
  await port.fill('4998');
  await port.press('Enter');
  await expect(page.getByText('Corvus uses port 4998')).toBeVisible();
  await expect(port).toBeFocused();
  // The button has nothing more to save, and keeps the focus.
  await port.fill('4996');
  const save = port.locator('xpath=ancestor::form').getByRole('button', { name: 'Save' });
  await save.press('Enter');
  await expect(page.getByText('Corvus uses port 4996')).toBeVisible();
  await expect(save).toBeDisabled();
  await expect(save).toBeFocused();
});

test('a button keeps the focus while what it began is under way, and does not begin it twice', async ({
  dashboard: page,
}) => {
  await openPage(page, 'Settings');
  let begun = 0;
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
  await page.route('**/backups.create', async (route) => {
    begun += 1;
    await mayGoOn;
    await route.continue();
  });
  const button = page.getByRole('button', { name: 'Back up now' });
  await button.press('Enter');
  await expect(button).toHaveAttribute('aria-busy', 'true');
  await expect(button).toBeFocused();
  await page.keyboard.press('Enter');
  goOn();
  await expect(page.getByText('Backup made')).toBeVisible();
  await expect(button).toBeFocused();
  expect(begun).toBe(1);
});
