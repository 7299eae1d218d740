import { expect } from '@playwright/test';
import { expectAccessible } from './accessible.ts';
import { hello, openPage, test } from './app-fixture.ts';

test('a plan is made by keyboard, answers, is explained by its request, and goes again; the limits of a key hold at once', async ({
  app,
  dashboard: page,
}) => {
  await openPage(page, 'Plans');
  await page.getByRole('button', { name: 'New plan' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('panel');
  await dialog.getByText('Compare', { exact: true }).click();
  await dialog.getByLabel('Model 1', { exact: true }).fill('gpt-4.1');
  await dialog.getByLabel('Model 2', { exact: true }).fill('claude-haiku-4-5');
  await expectAccessible(page, 'the form of a plan', 'all', '[role="dialog"]');
  await dialog.getByLabel('Model 2', { exact: true }).press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page.getByText('gpt-4.1, claude-haiku-4-5')).toBeVisible();

  const client = app.client(await app.newKey('Tool', 'auto'));
  const answer = await client.chat.completions.create({ model: 'panel', messages: hello() });
  expect(answer.choices[0]?.message.content).toContain('## claude-haiku-4-5');
  await openPage(page, 'Requests');
  await page.getByRole('row').filter({ hasText: 'panel' }).click();
  await expect(page.getByText('The sum of its 2 sub-requests.')).toBeVisible();

  await openPage(page, 'Plans');
  const routing = (await app.call('routing.get', null)) as { plans: { name: string }[] };
  await app.call('routing.set', { ...routing, plans: [...routing.plans, { ...routing.plans[0], name: 'last' }] });
  await page.getByRole('button', { name: 'Change panel' }).click();
  await dialog.getByLabel('Model 1', { exact: true }).fill('gpt-4.1-mini');
  await dialog.getByRole('button', { name: 'Save plan' }).click();
  await expect(page.getByText('gpt-4.1-mini, claude-haiku-4-5')).toBeVisible();
  expect(
    await page.getByRole('button', { name: /^Change / }).evaluateAll((all) => all.map((one) => one.title)),
  ).toEqual(['Change panel', 'Change last']);
  await page.getByRole('button', { name: 'Remove last' }).click();
  await page.getByRole('button', { name: 'Remove plan' }).click();
  await page.getByRole('button', { name: 'Remove panel' }).click();
  await page.getByRole('button', { name: 'Remove plan' }).click();
  await expect(page.getByText('No plans yet')).toBeVisible();

  const secret = await app.newKey('Runaway agent', 'auto');
  await openPage(page, 'Keys');
  await page.getByRole('button', { name: 'Limits of Runaway agent' }).click();
  await page.getByRole('dialog').getByLabel('Requests per minute').fill('1');
  await page.getByRole('button', { name: 'Save limits' }).click();
  await expect(page.getByText('1 request/min')).toBeVisible();
  const limited = app.client(secret);
  await limited.chat.completions.create({ model: 'corvus/echo', messages: hello() });
  await expect(
    limited.chat.completions.create({ model: 'corvus/echo', messages: hello() }, { maxRetries: 0 }),
  ).rejects.toMatchObject({
    status: 429,
  });
});

test('rules go one after the other, however quickly, and none comes back', async ({ app, dashboard: page }) => {
  const rules = ['a-*', 'b-*', 'c-*', 'd-*'].map((model) => ({
    model,
    hasTools: null,
    minInputTokens: null,
    maxInputTokens: null,
    hours: null,
    use: 'gpt-4.1',
  }));
  await app.call('routing.set', { plans: [], rules });
  await openPage(page, 'Plans');
  const last = page.getByRole('listitem').filter({ hasText: 'd-*' });
  const up = last.getByRole('button', { name: /^Move/ });
  await up.focus();
  for (const place of ['3.', '2.', '1.']) {
    await page.keyboard.press('Enter');
    await expect(last).toContainText(place);
    await expect(up).toBeFocused();
  }
  await expect(up).toBeDisabled();
  for (const { model } of rules.slice(0, 3)) {
    await page
      .getByRole('listitem')
      .filter({ hasText: model })
      .getByRole('button', { name: /^Remove/ })
      .click();
    await expect(page.getByText(model)).toBeHidden();
  }
  expect(await app.call('routing.get', null)).toMatchObject({ rules: [{ model: 'd-*' }] });
});
