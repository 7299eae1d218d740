import { expect } from '@playwright/test';
import { startMockUpstream } from '../support/fakes/mock-upstream.ts';
import { expectAccessible } from './accessible.ts';
import { openPage, test } from './app-fixture.ts';

test('a provider that is known by name is added with the keyboard alone', async ({ dashboard }) => {
  const upstream = await startMockUpstream();
  await openPage(dashboard, 'Providers');
  await dashboard.getByRole('button', { name: 'Add a provider' }).focus();
  await dashboard.keyboard.press('Enter');
  await expect(dashboard.getByRole('searchbox', { name: 'Search providers' })).toBeFocused();
  await dashboard.keyboard.press('ArrowDown');
  await expect(dashboard.getByRole('button', { name: /^OpenAI/ })).toBeFocused();
  await dashboard.keyboard.press('ArrowUp');
  await dashboard.keyboard.type('azure');
  await expect(dashboard.getByRole('dialog').getByRole('listitem')).toHaveCount(1);
  await dashboard.keyboard.press('Enter');
  await dashboard.getByRole('dialog', { name: 'Add Azure OpenAI' }).waitFor();
  await expect(dashboard.getByRole('link', { name: /Get a key at portal\.azure\.com/ })).toHaveAttribute(
    'href',
    'https://portal.azure.com/',
  );
  await expect(dashboard.getByLabel('Resource address')).toBeFocused();
  await dashboard.keyboard.press('Enter');
  await expect(dashboard.getByRole('alert')).toHaveText([/Enter an address/, 'Enter the key.']);
  await expect(dashboard.getByRole('link', { name: /Get a key/ })).toBeVisible();
  await dashboard.keyboard.type(`${upstream.origin}/openai/deployments/d/chat/completions?api-version=2024-10-21`);
  await dashboard.keyboard.press('Tab');
  await dashboard.keyboard.type('azure-key-0123456789');
  await dashboard.keyboard.press('Enter');
  const card = dashboard.getByRole('listitem').filter({ has: dashboard.getByRole('heading', { name: 'azure' }) });
  await expect(card).toContainText('Azure OpenAI');
  await expect(card).toContainText('Calls name a deployment of yours; a call for one token to gpt-test worked');
  expect(upstream.received[0]).toMatchObject({
    path: '/openai/v1/models',
    headers: { 'api-key': 'azure-key-0123456789' },
  });
  await upstream.close();
});

test('a model server that runs here is added with one press; each step of adding another can be read, in both themes', async ({
  dashboard,
}) => {
  const upstream = await startMockUpstream();
  const server = { kind: 'lm-studio', name: 'LM Studio', baseUrl: upstream.origin, models: 3 };
  // Whether one runs on its usual port is another machine's business.
  await dashboard.route(
    '**/api/call/providers.discover',
    (route) => route.fulfill({ json: { ok: true, value: [server] } }),
    { times: 1 },
  );
  await openPage(dashboard, 'Providers');
  await expect(dashboard.getByRole('list', { name: 'Found on this machine' })).toContainText(
    'LM Studio is running here with 3 models.',
  );
  await expectAccessible(dashboard, 'a server that was found');
  await dashboard.getByRole('button', { name: 'Add LM Studio' }).click();
  await expect(dashboard.getByRole('heading', { name: 'lm-studio' })).toBeVisible();
  await expect(dashboard.getByRole('list', { name: 'Providers' })).toContainText('1 model');
  await expect(dashboard.getByText('LM Studio is running here')).toHaveCount(0);
  expect(upstream.received.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  await upstream.close();

  await dashboard.getByRole('button', { name: 'Add a provider' }).click();
  const dialog = dashboard.getByRole('dialog');
  const look = async (step: string): Promise<void> => {
    await dashboard.emulateMedia({ colorScheme: 'light' });
    await expectAccessible(dashboard, step);
    await dashboard.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(dashboard, `${step}, dark`, 'dark');
  };
  await dialog.getByRole('searchbox').waitFor();
  await look('the choice of a provider');
  for (const kind of ['DeepSeek', 'Azure OpenAI', 'Ollama', 'Custom endpoint']) {
    await dialog.getByRole('button', { name: new RegExp(`^${kind}`) }).click();
    await dialog.getByRole('button', { name: 'Add and test' }).waitFor();
    await look(kind);
    await dialog.getByRole('button', { name: 'All providers' }).click();
  }
});

test('a key is removed only when that is confirmed, and a dialog that was left with Back does not wait', async ({
  app,
  dashboard,
}) => {
  const provider = { id: 'mine', kind: 'openai', baseUrl: null, custom: null, key: 'sk-0123456789' };
  await app.call('providers.add', provider);
  await openPage(dashboard, 'Providers');
  const open = dashboard.getByRole('button', { name: 'Change: key main of mine' });
  await open.click();
  await dashboard.getByRole('button', { name: 'Remove key' }).press('Enter');
  const question = dashboard.getByRole('dialog', { name: 'Remove the key main of mine?' });
  await question.waitFor();
  await expectAccessible(dashboard, 'the question about a key');
  expect(await dashboard.evaluate(overStoreKey), 'what lies over the form').toMatch(
    /^presentation rgba?\((?!0, 0, 0, 0\))/,
  );
  // Only the question goes; the form behind it stays.
  await dashboard.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(dashboard.getByRole('dialog', { name: 'Key main of mine' })).toBeVisible();
  await dashboard.goBack();
  await openPage(dashboard, 'Providers');
  await expect(dashboard.getByRole('heading', { name: 'mine' })).toBeVisible();
  await expect(dashboard.getByRole('dialog')).toHaveCount(0);
  await open.click();
  await dashboard.getByRole('button', { name: 'Remove key' }).click();
  await question.getByRole('button', { name: 'Remove key' }).click();
  await expect(dashboard.getByRole('dialog')).toHaveCount(0);
  await expect(dashboard.getByText('The key main of mine is removed')).toBeVisible();
  await expect(open).toHaveCount(0);
});

/** What is in front of a button of the form, and its colour. */
const overStoreKey = `(() => {
  const button = [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'Store key');
  const { x, y, width, height } = button.getBoundingClientRect();
  const over = document.elementFromPoint(x + width / 2, y + height / 2);
  return over.getAttribute('role') + ' ' + getComputedStyle(over).backgroundColor;
})()`;
