import { expect } from '@playwright/test';
import { expectAccessible } from './accessible.ts';
import { hello, openPage, test } from './app-fixture.ts';
import { picture } from './picture.ts';

test('a tool gets a limit in dollars, reaches it, is refused, and goes on once the limit is raised', async ({
  app,
  dashboard: page,
}) => {
  const key = await app.newKey('Editor', 'prepaid');
  await app.command('envelopes', 'add', '50', '--per', 'month', '--name', 'Everything');
  await app.command('envelopes', 'add', '2', '--per', 'week', '--model', 'claude-opus-*', '--name', 'Opus models');
  await openPage(page, 'Envelopes');
  await page.getByRole('button', { name: 'Create an envelope' }).click();
  await page.getByLabel('Limit in US dollars').fill('0.05');
  await page.getByLabel('Pays for').selectOption('One key');
  await page.getByRole('combobox', { name: 'Key' }).selectOption('Editor');
  await page.getByRole('button', { name: 'Create envelope' }).click();
  const row = page.getByRole('row', { name: /Key Editor/ });
  await row.waitFor();

  const editor = app.client(key);
  const ask = () =>
    editor.chat.completions.create({ model: 'gpt-4.1', max_tokens: 2_000, messages: hello('#echo tokens 2000') });
  const refusal = await (async () => {
    for (;;) await ask();
  })().catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 402, code: 'insufficient_credits' });
  await expect(row.getByRole('meter')).toHaveAttribute('aria-valuenow', /^(9\d|100)/);
  await picture(page, 'envelopes-light', 'envelopes-light');
  await expectAccessible(page, 'envelopes, one used up');

  await row.getByRole('button', { name: 'Change' }).click();
  await page.getByLabel('Limit in US dollars').fill('1');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('$1.00');
  await ask();
});

test('requests wait for an envelope and go on by one click; refusals that came again are counted', async ({
  app,
  dashboard: page,
}) => {
  const secret = await app.newKey('Agent', 'prepaid');
  const [key] = (await app.call('keys.list', null)) as { id: string; limits: object }[];
  await app.command('envelopes', 'add', '0.000001', '--per', 'day', '--name', 'Tiny');
  const agent = app.client(secret);
  const ask = () =>
    agent.chat.completions.create({ model: 'gpt-4.1', max_tokens: 20, messages: hello('#echo tokens 20') });
  for (let tries = 0; tries < 7; tries += 1) await expect(ask()).rejects.toMatchObject({ status: 402 });
  await openPage(page, 'Requests');
  const summary = page.getByText(
    /^5 repeated requests were answered here and sent nowhere: at least \$0\.0\d+ not spent$/,
  );
  await summary.click();
  const link = page.getByRole('list', { name: 'Repeated requests' }).getByRole('link', { name: 'Agent: gpt-4.1' });
  await link.click();
  await expect(page.getByRole('complementary', { name: 'Request details' })).toContainText(
    'The same request came again',
  );

  await app.call('keys.set-limits', { id: key?.id, limits: { ...key?.limits, waitMinutes: 5 } });
  const waiting = ask();
  const banner = page.getByRole('status').filter({ hasText: 'A request of Agent waits for money' });
  await expect(banner).toContainText('The envelope "Tiny" does not cover it.');
  await expect(page.getByRole('region', { name: 'Waiting for money' })).toContainText('Agent: gpt-4.1');
  await expectAccessible(page, 'a request that waits');
  await picture(page, 'waiting-light');
  // On a phone too there is room for what it is about.
  await page.setViewportSize({ width: 390, height: 844 });
  const waits = page.getByRole('region', { name: 'Waiting for money' }).getByText('Agent: gpt-4.1');
  for (const name of [link, waits, banner.getByText('The envelope "Tiny"')])
    expect((await name.boundingBox())?.width).toBeGreaterThan(100);
  await banner.getByRole('button', { name: /^Raise to \$/ }).click();
  expect((await waiting).choices).toHaveLength(1);
  await expect(banner).toBeHidden();
});
