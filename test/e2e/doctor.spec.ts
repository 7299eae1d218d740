import { expect } from '@playwright/test';
import { startMockUpstream } from '../support/fakes/mock-upstream.ts';
import { expectAccessible } from './accessible.ts';
import { hello, openPage, test } from './app-fixture.ts';

test('by keyboard: the set-up is healthy, a failed request leads to its reason, and the next step to its page', async ({
  app,
  dashboard: page,
}) => {
  await openPage(page, 'Doctor');
  await expect(page.getByText('A run costs nothing')).toBeVisible();
  await page.getByRole('button', { name: 'Run the doctor' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'Nothing is wrong' })).toBeVisible();
  await expectAccessible(page, 'a healthy verdict', 'all', 'main');

  const upstream = await startMockUpstream();
  await app.command(
    'providers',
    'add',
    '--id',
    'lab',
    '--dialect',
    'openai-chat',
    '--base-url',
    `${upstream.origin}/v1`,
    '--local',
  );
  await upstream.close();
  const client = app.client(await app.newKey('Lab', 'provider:lab'));
  await expect(client.chat.completions.create({ model: 'gpt-4.1', messages: hello() })).rejects.toThrow();

  await openPage(page, 'Requests');
  await page.getByRole('grid', { name: 'Requests' }).getByText('gpt-4.1').click();
  await page.getByRole('link', { name: 'Why did this fail?' }).press('Enter');
  await expect(page.getByText('About the request for gpt-4.1')).toBeVisible();
  await expect(page.getByText(/A run costs less than a cent: .* lab,/)).toBeVisible();
  // A key pressed before the price is known would be lost.
  await expect(page.getByRole('button', { name: 'Send small requests' })).toBeEnabled();
  await page.getByRole('button', { name: 'Send small requests' }).press('Enter');
  // Several requests, one after the other, each of which may be tried again.
  await expect(page.getByText('no feature of the tool is the reason')).toBeVisible({ timeout: 60_000 });
  const packet = page.getByRole('region', { name: 'Support packet' });
  await expect(packet).toContainText('smallest request fails');
  const saved = page.waitForEvent('download');
  await packet.getByRole('button', { name: 'Save' }).press('Enter');
  expect((await saved).suggestedFilename()).toMatch(/^corvus-support-req_\w+\.txt$/);
  await page.getByRole('button', { name: 'Run the doctor' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'The server is not running' })).toBeVisible();
  await expect(page.getByText('It fails at a provider')).toBeVisible();
  await expectAccessible(page, 'an ill verdict', 'all', 'main');
  await page.getByRole('button', { name: 'Open Providers' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'Providers', level: 1 })).toBeVisible();
});
