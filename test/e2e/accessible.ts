import { expect, type Page } from '@playwright/test';
import axe from 'axe-core';

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/**
 * What can differ from the same page in the light theme on a wide screen: in the dark theme its contrast, on a phone
 * the size of its targets.
 */
const rulesOf = { dark: 'color-contrast', phone: 'target-size' } as const;

/**
 * The whole of WCAG AA, or what the page's variant can change of it. @param part a selector, where not the whole page
 * is meant
 */
export async function expectAccessible(
  page: Page,
  what: string,
  variant: 'all' | keyof typeof rulesOf = 'all',
  part?: string,
): Promise<void> {
  const runOnly = variant === 'all' ? wcag : { type: 'rule', values: [rulesOf[variant]] };
  // Describes violations only: to describe all that is right takes most of the time. No page has frames.
  const options = JSON.stringify({ runOnly, resultTypes: ['violations'], iframes: false });
  const context = part === undefined ? 'document' : JSON.stringify(part);
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  const found = await page.evaluate<string[]>(
    `axe.run(${context}, ${options}).then(({ violations }) => violations.map(({ id, nodes }) =>
      id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')))`,
  );
  expect.soft(found, what).toEqual([]);
}
