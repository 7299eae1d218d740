import { expect } from '@playwright/test';
import { hello, openPage, test } from './app-fixture.ts';

test('a call shows up live with its exact cost, and the balance falls by just that', async ({ app, dashboard }) => {
  await expect(dashboard.getByRole('main')).toContainText('$25.00');
  const client = app.client(await app.newKey('my editor'));
  const { data, response } = await client.chat.completions
    .create({ model: 'corvus/echo', messages: hello() })
    .withResponse();
  expect(data.choices[0]?.message.content).toContain('Hello Corvus');
  const id = response.headers.get('x-corvus-request-id') ?? '';
  const cost = response.headers.get('x-corvus-cost-usd') ?? '';
  expect(Number(cost)).toBeGreaterThan(0);

  const latest = dashboard.getByRole('list', { name: 'Latest requests' });
  await expect(latest).toContainText('corvus/echo');
  await expect(latest).toContainText(`$${cost}`);
  await expect(latest).toContainText('my editor');

  await openPage(dashboard, 'Requests');
  await dashboard.getByRole('grid', { name: 'Requests' }).getByText('corvus/echo').click();
  const details = dashboard.getByRole('complementary', { name: 'Request details' });
  await expect(details.getByRole('row', { name: /^Input\s+2\s+\$1\.00/ })).toBeVisible();
  await expect(details.getByRole('row', { name: /^Output\s+9\s+\$4\.00/ })).toBeVisible();
  await expect(details.getByRole('row', { name: /^Total/ })).toContainText(`$${cost}`);
  await expect(details).toContainText('Cost verified');
  await expect(details).toContainText('HTTP 200');
  await expect(details).toContainText(id);

  const balance = (await app.command('balance')) as { balance: string };
  expect(balance.balance).toBe(response.headers.get('x-corvus-balance-usd'));
  await expect(details).toContainText(`$${balance.balance}`);
  expect((25 - Number(cost)).toFixed(9)).toBe(Number(balance.balance).toFixed(9));

  await openPage(dashboard, 'Billing');
  await expect(dashboard.getByRole('table').filter({ hasText: 'corvus/echo' })).toContainText(`−$${cost}`);
});

test('a call with a wrong key is no row, but the page says at once that it came; a refused one is a row with its reason', async ({
  app,
  dashboard,
}) => {
  await openPage(dashboard, 'Requests');
  await expect(
    app.client('sk-local-mistyped').chat.completions.create({ model: 'corvus/echo', messages: hello() }),
  ).rejects.toMatchObject({
    status: 401,
  });
  const line = dashboard.getByText(/^1 call was refused without a valid key or a known path/);
  await expect(line).toContainText('invalid_api_key at /v1/chat/completions');
  await line.click();
  await expect(dashboard.getByRole('listitem').filter({ hasText: 'OpenAI/JS' })).toContainText('invalid_api_key');
  await expect(dashboard.getByText('No requests yet')).toBeVisible();

  const client = app.client(await app.newKey('my editor'));
  await expect(client.chat.completions.create({ model: 'gpt-4.1-minni', messages: hello() })).rejects.toMatchObject({
    status: 404,
  });
  await dashboard.getByRole('grid', { name: 'Requests' }).getByText('gpt-4.1-minni').click();
  const details = dashboard.getByRole('complementary', { name: 'Request details' });
  await expect(details).toContainText(/Did you mean .*"gpt-4\.1-mini"/);
  await expect(details).toContainText('Refused');
});

test('everything is reached by keyboard, down to the details of a request', async ({ app, dashboard }) => {
  await app.client(await app.newKey('my editor')).chat.completions.create({ model: 'corvus/echo', messages: hello() });
  const tabTo = async (fact: string, wanted: string) => {
    for (let presses = 0; presses < 40; presses += 1) {
      await dashboard.keyboard.press('Tab');
      if ((await dashboard.evaluate(`document.activeElement?.${fact}`)) === wanted) return;
    }
    throw new Error(`the Tab key does not lead to ${wanted}`);
  };
  for (const name of ['Requests', 'Models', 'Billing', 'Keys', 'Providers', 'Settings', 'Overview', 'Requests']) {
    await tabTo('innerText', name);
    await dashboard.keyboard.press('Enter');
    await dashboard.getByRole('heading', { name, level: 1 }).waitFor();
  }
  await dashboard.getByRole('grid', { name: 'Requests' }).getByText('corvus/echo').waitFor();
  await tabTo('role', 'grid');
  await dashboard.keyboard.press('ArrowDown');
  await dashboard.keyboard.press('Enter');
  const details = dashboard.getByRole('complementary', { name: 'Request details' });
  await expect(details).toContainText('Cost verified');
  await tabTo('ariaLabel', 'Close details');
  await dashboard.keyboard.press('Enter');
  await expect(details).toBeHidden();
  await expect(dashboard.getByRole('grid', { name: 'Requests' })).toBeFocused();
});
