import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { build, preview } from 'vite';

const root = join(import.meta.dirname, '..', '..');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** The built gallery on a port of its own, and what the page complained of. */
export const test = base.extend<{ complaints: string[] }, { galleryUrl: string }>({
  galleryUrl: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of what a fixture needs from this pattern.
    async ({}, use) => {
      const shared = {
        root: join(root, 'test', 'gallery'),
        configFile: join(root, 'vite.web.config.ts'),
        logLevel: 'error' as const,
        build: { outDir: join(root, 'test-results', 'gallery'), emptyOutDir: true },
      };
      await build(shared);
      const server = await preview({ ...shared, preview: { host: '127.0.0.1', port: 0, strictPort: true } });
      const address = server.httpServer.address();
      if (address === null || typeof address === 'string') throw new Error('The gallery has no port.');
      await use(`http://127.0.0.1:${address.port}/`);
      await server.close();
    },
    { scope: 'worker' },
  ],
  /** Everything a page wrote to its console as a warning or an error, or threw. A test fails with any of it. */
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

/** The whole part in the light theme; in the dark one its contrast, which is all that a theme changes. */
export async function expectAccessible(page: Page, part: string): Promise<void> {
  await useTheme(page, 'light');
  await expectNothingFound(axe(page, part).withTags(rules), `${part}, light`);
  await useTheme(page, 'dark');
  await expectNothingFound(axe(page, part).withRules('color-contrast'), `${part}, dark`);
}

/** Describes violations only: to describe all that is right takes most of the time. */
function axe(page: Page, part: string): AxeBuilder {
  return new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).include(part);
}

/** As the app changes it: by the attribute that every colour depends on. */
function useTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  return page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
}

async function expectNothingFound(builder: AxeBuilder, what: string): Promise<void> {
  const { violations } = await builder.analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  expect(found, what).toEqual([]);
}
