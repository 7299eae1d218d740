import { readFile } from 'node:fs/promises';
import { expect, type Page } from '@playwright/test';
import type { RequestSummary } from '#shared/account/request.ts';
import type { Output } from '#shared/contract/contract.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { usageDimensionSchema } from '#shared/contract/usage.ts';
import { nanoUsd, parseUsd, sumUsd, zeroUsd } from '#shared/money.ts';
import { exactUsd } from '../../src/renderer/lib/format-money.ts';
import { countText } from '../../src/renderer/lib/format-number.ts';
import { readFilter } from '../../src/renderer/lib/read-filter.ts';
import { measureNames, measureTexts, type ShownMeasure } from '../../src/renderer/lib/usage-words.ts';
import { parseCsv } from '../support/parse-csv.ts';
import type { App } from './app-fixture.ts';

const paths = [
  '/',
  '/keys',
  '/envelopes',
  '/providers',
  '/models',
  '/plans',
  ...usageDimensionSchema.options.map((by) => `/usage?by=${by}`),
];

/** Every number on a page that is a sum of requests is a link, and the list behind it adds up to the same. */
export async function expectNumbersLead(app: App, page: Page): Promise<void> {
  const seen = new Set<string>();
  for (const path of paths) {
    await page.goto(`${app.gateway}${path}`);
    await expect(page.locator('[aria-busy="true"], [role="status"][aria-label^="Loading"]')).toHaveCount(0);
    const links = page.locator('main a[href^="/requests"]:is([title*=": "], [aria-label*=": "])');
    await links.first().waitFor();
    const numbers = await links.evaluateAll((found) =>
      found.map((link) => ({
        href: link.getAttribute('href') ?? '',
        words: link.getAttribute('aria-label') ?? link.getAttribute('title') ?? '',
      })),
    );
    for (const { href, words } of numbers) {
      const [, name, shown] = /(?:^|, )([A-Z][a-z ]+): (.*)$/.exec(words) ?? [];
      const measure = Object.entries(measureNames).find(([, known]) => known === name)?.[0] as ShownMeasure | undefined;
      if (measure === undefined || shown === undefined || seen.has(`${href} ${words}`)) continue;
      seen.add(`${href} ${words}`);
      const filter = readFilter(new URL(href, app.gateway).searchParams);
      expect.soft(await sumOf(app, filter, measure), `${words} on ${path}, which leads to ${href}`).toBe(shown);
    }
  }
  // Of every kind of number there was one.
  for (const name of Object.values(measureNames))
    expect
      .soft(
        [...seen].some((words) => words.includes(`${name}: `)),
        name,
      )
      .toBe(true);
}

/** The file that a page saves has the rows that it lists. */
export async function expectExport(app: App, page: Page): Promise<void> {
  await page.goto(`${app.gateway}/requests?tool=Editor`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export requests as CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^corvus-requests-\d{4}-\d{2}-\d{2}\.csv$/);
  const rows = parseCsv(await readFile(await download.path(), 'utf8'));
  const listed = await everyRow(app, { ...noFilter, tool: 'Editor' });
  expect(rows.map(({ id }) => id)).toEqual(listed.map(({ id }) => id));
}

/**
 * What the rows of a list add up to, in the words of a page. Means and shares have no column in the list: the core adds
 * those up.
 */
async function sumOf(app: App, filter: RequestFilter, measure: ShownMeasure): Promise<string> {
  const rows = await everyRow(app, filter);
  if (measure === 'requests' || measure === 'unpriced' || measure === 'failures') return countText(rows.length);
  if (measure === 'cost')
    return exactUsd(sumUsd(rows.map(({ cost }) => nanoUsd((cost === null ? null : parseUsd(cost)) ?? zeroUsd))));
  if (measure === 'tokens') {
    const routed = rows.filter(({ lane }) => lane !== null);
    return countText(
      routed.reduce((sum, { inputTokens, outputTokens }) => sum + (inputTokens ?? 0) + (outputTokens ?? 0), 0),
    );
  }
  const sums = (await app.call('requests.sum', { filter })) as Output<'requests.sum'>;
  return measureTexts(sums, measure)?.exact ?? '';
}

async function everyRow(app: App, filter: RequestFilter): Promise<RequestSummary[]> {
  const page = (await app.call('requests.list', { filter, cursor: null, limit: 500 })) as Output<'requests.list'>;
  expect(page.nextCursor).toBeNull();
  return page.rows;
}
