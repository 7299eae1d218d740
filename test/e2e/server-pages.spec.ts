import { expect, test } from '@playwright/test';
import { startServerPages } from '../dev/server-pages.ts';
import { expectAccessible } from './accessible.ts';

const narrowPx = 360;

/** Pages of the navigation, which customer-dashboard.spec.ts looks at. */
const seenElsewhere = /^\/dashboard(\/(login|requests|usage|topups|invoices|keys|members|cap))?$/;

test('every kind of server page is accessible in both themes and fits a phone', async ({ context, page }) => {
  test.setTimeout(240_000);
  const pages = await startServerPages();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  const { hostname } = new URL(pages.baseUrl);
  await context.addCookies(
    pages.cookies.map((cookie) => {
      const [, name = '', value = '', path = '/'] = /^(\w+)=([^;]*); Path=([^;]*)/.exec(cookie) ?? [];
      return { name, value, path, domain: hostname };
    }),
  );
  expect(pages.paths.length).toBeGreaterThan(25);
  for (const path of pages.paths.filter((candidate) => !seenElsewhere.test(candidate))) {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(pages.baseUrl + path);
    await expectAccessible(page, path);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page, `${path}, dark`, 'dark');
    await page.setViewportSize({ width: narrowPx, height: 800 });
    expect
      .soft(await page.evaluate('document.documentElement.scrollWidth'), `${path} scrolls sideways`)
      .toBeLessThanOrEqual(narrowPx);
  }
  expect(complaints).toEqual([]);
  await pages.stop();
});
