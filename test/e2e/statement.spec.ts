import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { expect } from '@playwright/test';
import { expectAccessible } from './accessible.ts';
import { hello, openPage, test } from './app-fixture.ts';
import { picture } from './picture.ts';

test('the statement is proven, a changed line is named where it is looked at, and can be taken over again', async ({
  app,
  dashboard: page,
}) => {
  const client = app.client(await app.newKey('Editor', 'prepaid'));
  for (const word of ['one', 'two', 'three'])
    await client.chat.completions.create({ model: 'gpt-4.1', messages: hello(word) });

  await openPage(page, 'Billing');
  await expect(page.getByText('Statement verified: 4 lines, 3 of them with a receipt.')).toBeVisible();
  expect(await app.command('verify')).toMatchObject({ status: 'ok', lines: 4, provenLines: 4, receipts: 3 });
  await page.getByRole('table').getByRole('link', { name: 'gpt-4.1' }).first().click();
  await expect(page.getByText('Receipt verified')).toBeVisible();

  const db = new SqliteDatabase(join(app.home, 'corvusllm.db'));
  db.prepare('UPDATE ledger_lines SET amount = 0 WHERE sequence = 3').run();
  db.close();
  await expect(app.command('verify')).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining('"rule":"balance"'),
  });
  await expect(page.getByText('The statement of the account has changed since it was recorded')).toBeVisible();
  await openPage(page, 'Billing');
  const notice = page.getByText('Your statement has changed. The balance after line 3');
  await expect(notice).toBeVisible();
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await expectAccessible(page, `a changed statement, ${theme}`, theme === 'dark' ? 'dark' : 'all');
    await picture(page, `statement-fault-${theme}`);
  }
  await page.getByRole('button', { name: 'Accept current statement' }).click();
  await expect(page.getByText('Statement verified: 4 lines, 3 of them with a receipt.')).toBeVisible();
  await expect(notice).toBeHidden();
});
