import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from '@playwright/test';
import { hello, startApp, test } from './app-fixture.ts';
import { testFolder } from '../support/test-folder.ts';

const rows = 100_000;

test('a list of a hundred thousand requests draws only what is in sight, and scrolls to older ones', async ({
  page,
}) => {
  const home = await mkdtemp(join(testFolder, 'corvusllm-e2e-'));
  const first = await startApp(home);
  await first.client(await first.newKey('tool')).chat.completions.create({ model: 'corvus/echo', messages: hello() });
  await first.stop();
  multiplyOnlyRow(home);
  const app = await startApp(home);
  await page.goto(await app.loginLink());
  // The link is redeemed by the page: who leaves before that is not logged in.
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await page.goto(`${app.gateway}/requests`);
  const grid = page.getByRole('grid', { name: 'Requests' });
  await grid.getByRole('row').nth(5).waitFor();
  expect(await grid.getByRole('row').count()).toBeLessThan(100);
  await grid.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('PageDown');
  await expect
    .poll(async () => Number(await grid.getByRole('row').last().getAttribute('aria-rowindex')))
    .toBeGreaterThan(100);
  expect(await grid.getByRole('row').count()).toBeLessThan(100);
  await app.stop();
  await rm(home, { recursive: true, force: true });
});

/** Fills the stopped app's database with copies of the one request in it, each a second older. */
function multiplyOnlyRow(home: string): void {
  const database = new Database(join(home, 'corvusllm.db'));
  const columns = (database.prepare('PRAGMA table_info(requests)').all() as { name: string }[]).map(({ name }) => name);
  const values = columns.map((name) => {
    if (name === 'id') return `substr(id, 1, 20) || printf('%016x', n)`;
    return name === 'created_at_ms' ? 'created_at_ms - n * 1000' : `"${name}"`;
  });
  database.exec(`
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rows - 1})
    INSERT INTO requests (${columns.map((name) => `"${name}"`).join(', ')})
    SELECT ${values.join(', ')} FROM requests, numbers WHERE id = (SELECT id FROM requests LIMIT 1)`);
  database.close();
}
