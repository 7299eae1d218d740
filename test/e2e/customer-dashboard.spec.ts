import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test as base, expect, type Page } from '@playwright/test';
import OpenAI from 'openai';
import { expectAccessible } from './accessible.ts';
import { hello } from './app-fixture.ts';
import { picture } from './picture.ts';
import { builtBackend } from '../support/built-program.ts';
import { testFolder } from '../support/test-folder.ts';

const places = ['Overview', 'Requests', 'Usage', 'Top-ups', 'Invoices', 'Keys', 'Members', 'Cap'];

/** The built hosted service in a process of its own, with play money. */
interface Service {
  baseUrl: string;
  customerKey: string;
  client: OpenAI;
}

const test = base.extend<{ service: Service }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of what a fixture needs from this pattern.
  service: async ({}, use) => {
    const folder = await mkdtemp(join(testFolder, 'corvusllm-dashboard-'));
    const child = spawn(process.execPath, [builtBackend], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        CORVUSLLM_BACKEND_DATABASE: join(folder, 'backend.db'),
        CORVUSLLM_BACKEND_PORT: '0',
        CORVUSLLM_BACKEND_PLAY_MONEY: 'true',
      },
    });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      void ended.then(() => reject(new Error('the service ended before it was ready')));
    });
    const { baseUrl, customerKey } = JSON.parse(line) as Service;
    await use({
      baseUrl,
      customerKey,
      client: new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey: customerKey, maxRetries: 0 }),
    });
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  },
});

async function logIn(page: Page, { baseUrl, customerKey }: Service): Promise<void> {
  await page.goto(`${baseUrl}/dashboard/usage?days=7`);
  await page.getByLabel('Customer key').fill(customerKey);
  await page.getByRole('button', { name: 'Log in' }).click();
  // The page that asked for the login.
  await expect(page.getByRole('combobox', { name: 'Show' })).toHaveValue('7');
  await open(page, 'Overview');
}

const open = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Dashboard' }).getByRole('link', { name }).click();

/** The page in both themes and on a phone. */
async function look(page: Page, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await picture(page, `dashboard-${name}-${theme}`);
    await expectAccessible(page, `${name}, ${theme}`, theme === 'dark' ? 'dark' : 'all');
  }
  await page.setViewportSize({ width: 375, height: 800 });
  await expectAccessible(page, `${name}, phone`, 'phone');
  expect(await page.evaluate('document.documentElement.scrollWidth'), `${name} scrolls sideways`).toBeLessThanOrEqual(
    375,
  );
  await page.setViewportSize({ width: 1280, height: 800 });
}

test('a key opens the dashboard; a top-up raises the balance; a receipt explains a request; a key is made and revoked', async ({
  service,
  page,
}) => {
  await service.client.chat.completions.create({
    model: 'gpt-4.1',
    messages: hello('#echo tokens 400\n#echo cache-read 1200'),
  });
  await logIn(page, service);
  await expect(page.getByRole('main')).toContainText('Balance, play money');
  await page.getByRole('main').getByRole('link', { name: 'Top up' }).click();
  await page.getByLabel('$10.00 Small').check();
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await page.getByRole('button', { name: 'Pay $10.00' }).click();
  await expect(page.getByRole('heading', { name: 'Paid' })).toBeVisible();
  await page.getByRole('link', { name: 'Open the dashboard' }).click();
  // 25.00 of play money and 10.00, without what the request cost.
  await expect(page.getByRole('region', { name: 'Balance' })).toContainText('$34.99');

  await open(page, 'Requests');
  await page
    .getByRole('region', { name: 'Requests' })
    .getByRole('row', { name: /gpt-4\.1/ })
    .getByRole('link')
    .click();
  await expect(page.getByRole('heading', { name: 'gpt-4.1', level: 1 })).toBeVisible();
  await expect(page.getByRole('row', { name: /Read from the cache/ })).toContainText('1,200');
  await expect(page.getByLabel('Support packet')).toHaveValue(
    /Endpoint path: \/v1\/chat\/completions\nModel slug: gpt-4\.1\n/,
  );

  // What is refused comes back, and the focus is at what is wrong.
  await open(page, 'Top-ups');
  await page.getByLabel('Another amount', { exact: true }).check();
  await page.getByLabel(/^Another amount, from/).fill('2.50');
  await page.keyboard.press('Enter');
  const wrong = page.getByRole('textbox', { name: /^Another amount, from/ });
  await expect(wrong).toBeFocused();
  await expect(wrong).toHaveValue('2.50');
  await expect(wrong).toHaveAccessibleDescription(/^Choose an amount from 3\.00/);
  await expect(page.getByLabel('Another amount', { exact: true })).toBeChecked();
  await look(page, 'refused-top-up');

  // Without a mouse.
  await open(page, 'Keys');
  await page.getByLabel(/^Label/).fill('nightly tests');
  await page.keyboard.press('Enter');
  await expect(page.locator('#customer-key')).toContainText('sk-corvus-');
  await page.getByRole('link', { name: 'Back to keys' }).press('Enter');
  await page.getByRole('link', { name: 'Revoke nightly tests' }).press('Enter');
  await page.getByRole('button', { name: 'Revoke key' }).press('Enter');
  await expect(page.getByRole('region', { name: 'Revoked keys' })).toContainText('nightly tests');

  await page.getByRole('button', { name: 'Log out' }).click();
  await page.goto(`${service.baseUrl}/dashboard/requests`);
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
});

for (const state of ['empty', 'full'] as const) {
  test(`every page is accessible, ${state}, in both themes and on a phone`, async ({ service, page }) => {
    if (state === 'full') {
      for (const model of ['gpt-4.1', 'gpt-5.5', 'corvus/echo'])
        await service.client.chat.completions.create({ model, messages: hello() });
      const refused = service.client.chat.completions.create({ model: 'gpt-4.1', messages: hello('#echo error 500') });
      await expect(refused).rejects.toThrow();
    }
    if (state === 'empty') {
      await page.goto(`${service.baseUrl}/dashboard/login`);
      await look(page, 'login');
    }
    await logIn(page, service);
    for (const name of places) {
      await open(page, name);
      await look(page, `${name.toLowerCase()}-${state}`);
    }
    if (state === 'empty') return;
    await open(page, 'Requests');
    await page.getByRole('region', { name: 'Requests' }).getByRole('link').first().click();
    await page.getByLabel('Support packet').waitFor();
    await look(page, 'receipt');
  });
}
