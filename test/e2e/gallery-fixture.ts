import { join } from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';
import { build, preview } from 'vite';
import { expectAccessible } from './accessible.ts';

const root = join(import.meta.dirname, '..', '..');

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

/** The whole part in the light theme; in the dark one what a theme changes. */
export async function expectAccessibleInBothThemes(page: Page, part: string): Promise<void> {
  await useTheme(page, 'light');
  await expectAccessible(page, `${part}, light`, 'all', part);
  await useTheme(page, 'dark');
  await expectAccessible(page, `${part}, dark`, 'dark', part);
}

/** As the app changes it: by the attribute that every colour depends on. */
function useTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  return page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
}
