import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { startMockUpstream } from '../support/fakes/mock-upstream.ts';
import { testFolder } from '../support/test-folder.ts';
import { firstPage, hello, openPage, startApp, test } from './app-fixture.ts';

test('an amount that cannot be bought is said so, a top-up opens the checkout, and its credit shows by itself', async ({
  dashboard,
}) => {
  await openPage(dashboard, 'Billing');
  await dashboard.getByRole('radio', { name: 'Other' }).check({ force: true });
  await dashboard.getByLabel('Your amount').fill('2.99');
  await expect(dashboard.getByRole('button', { name: 'Top up', exact: true })).toBeDisabled();
  await expect(dashboard.getByRole('main')).toContainText('3.00');

  await dashboard.getByRole('radio', { name: '$10', exact: true }).check({ force: true });
  const opening = dashboard.waitForEvent('popup');
  await dashboard.getByRole('button', { name: 'Top up $10.00' }).click();
  const checkout = await opening;
  await expect(dashboard.getByRole('list', { name: 'Top-ups' })).toContainText('Waiting for payment');
  await checkout.getByRole('button', { name: 'Pay $10' }).click();
  await expect(checkout.getByRole('heading', { name: 'Paid' })).toBeVisible();
  await expect(dashboard.getByRole('list', { name: 'Top-ups' })).toContainText('Credited');
  await expect(dashboard.getByRole('main')).toContainText('$35.00');
  await expect(dashboard.getByRole('table')).toContainText('+$10.00');
});

test('a key is shown once, works, and after it is revoked is refused', async ({ app, dashboard }) => {
  await openPage(dashboard, 'Keys');
  await dashboard.getByRole('button', { name: 'Create a key' }).first().click();
  await dashboard.getByLabel('Name').fill('nightly tests');
  await dashboard.getByRole('button', { name: 'Create key' }).click();
  const secret = await dashboard.getByLabel('Secret key', { exact: true }).innerText();
  await dashboard.getByRole('button', { name: 'I have copied it' }).click();
  await expect(dashboard.getByText(secret)).toBeHidden();
  const client = app.client(secret.trim());
  await client.chat.completions.create({ model: 'corvus/echo', messages: hello() });
  await expect(dashboard.getByRole('row', { name: /nightly tests/ })).toContainText('just now');

  await dashboard.getByRole('button', { name: 'Revoke nightly tests' }).click();
  await dashboard.getByRole('button', { name: 'Revoke key' }).click();
  await dashboard.getByRole('button', { name: 'Show 1 revoked key' }).click();
  await expect(dashboard.getByRole('row', { name: /nightly tests/ })).toContainText('Revoked');
  const refusal = client.chat.completions.create({ model: 'corvus/echo', messages: hello() });
  await expect(refusal).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
});

test('a provider of one’s own is added, tested, called, and removed', async ({ app, dashboard }) => {
  const upstream = await startMockUpstream();
  upstream.script({
    headers: { 'content-type': 'application/json' },
    body: '{"object":"list","data":[{"id":"my-model","object":"model"}]}',
  });
  await openPage(dashboard, 'Providers');
  await dashboard.getByRole('button', { name: 'Add a provider' }).first().click();
  const dialog = dashboard.getByRole('dialog');
  await dialog.getByRole('button', { name: /Custom endpoint/ }).click();
  await dialog.getByLabel('Name').fill('lab');
  await dialog.getByLabel('Base URL').fill(`${upstream.origin}/v1`);
  await dialog.getByRole('switch', { name: /Runs on this machine/ }).click();
  await dialog.getByRole('button', { name: 'Add and test' }).click();
  await expect(dashboard.getByRole('main')).toContainText('1 model');

  await app.client(await app.newKey('script')).chat.completions.create({ model: 'my-model', messages: hello() });
  await openPage(dashboard, 'Requests');
  await expect(dashboard.getByRole('grid', { name: 'Requests' }).getByRole('row', { name: /my-model/ })).toContainText(
    'Local',
  );
  expect(upstream.received.at(-1)?.path).toBe('/v1/chat/completions');

  await openPage(dashboard, 'Providers');
  await dashboard.getByRole('button', { name: /Remove/ }).click();
  await dashboard
    .getByRole('alertdialog')
    .or(dashboard.getByRole('dialog'))
    .getByRole('button', { name: /Remove/ })
    .click();
  await expect(dashboard.getByText('my-provider').or(dashboard.getByText('No providers'))).toBeVisible();
  await upstream.close();
});

test('models are searched, and a prompt of a size is priced on each; the theme is kept, also over a reload', async ({
  dashboard,
}) => {
  await openPage(dashboard, 'Models');
  await dashboard.getByPlaceholder('Search models').fill('gpt-4.1-mini');
  const row = dashboard.getByRole('row', { name: /gpt-4\.1-mini/ });
  await dashboard.getByLabel('Input tokens').fill('1000000');
  await dashboard.getByLabel('Output tokens').fill('1000000');
  await expect(row).toContainText('$2.00');

  await dashboard.getByRole('button', { name: 'Count a prompt' }).press('Enter');
  await expect(dashboard.getByRole('textbox', { name: 'Prompt' })).toBeFocused();
  await dashboard.getByRole('textbox', { name: 'Prompt' }).fill('hello world');
  await dashboard.getByLabel('Model', { exact: true }).selectOption('gpt-4.1-mini');
  await dashboard.getByRole('button', { name: 'Count and price' }).press('Enter');
  await expect(dashboard.getByRole('main')).toContainText('9 tokens of input for gpt-4.1-mini, counted by o200k_base');
  await expect(dashboard.getByRole('table', { name: 'What it would cost' })).toContainText('$0.000004');
  await expect(dashboard.getByLabel('Input tokens')).toHaveValue('9');

  await openPage(dashboard, 'Settings');
  const scheme = () => dashboard.evaluate('getComputedStyle(document.documentElement).colorScheme');
  await dashboard.getByRole('main').getByText('Dark', { exact: true }).click();
  await expect.poll(scheme).toBe('dark');
  await dashboard.reload();
  await dashboard.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
  await expect.poll(scheme).toBe('dark');
});

test('without a login the dashboard says how to get in, and a link works once', async ({ app, page, browser }) => {
  await page.goto(app.gateway);
  await expect(page.locator('body')).toContainText('corvusllm dashboard');
  const link = await app.loginLink();
  await page.goto(link);
  await firstPage(page);
  expect(page.url()).not.toContain('login');
  const other = await browser.newPage();
  await other.goto(link);
  await expect(other.locator('body')).toContainText('corvusllm dashboard');
  await other.close();
});

test('a page that could not be loaded while Corvus was away is shown once it is back', async ({ page }) => {
  const home = await mkdtemp(join(testFolder, 'corvusllm-e2e-'));
  const before = await startApp(home);
  const part = '**/assets/doctor-page-*.js';
  await page.route(part, (route) => route.abort());
  await page.goto(before.firstLink);
  await firstPage(page);
  await before.stop();
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Doctor' }).click();
  await expect(page.getByText('This page could not be shown')).toBeVisible();
  await page.unroute(part);
  const after = await startApp(home, {}, new URL(before.gateway).port);
  await expect(page.getByRole('heading', { name: 'Doctor', level: 1 })).toBeVisible();
  await after.stop();
  await rm(home, { recursive: true, force: true });
});
