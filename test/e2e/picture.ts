import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { Page } from '@playwright/test';

const root = join(import.meta.dirname, '..', '..');
const screenshots = join(root, 'test-results', 'screenshots');
const images = join(root, 'docs', 'images');

/**
 * A picture of what is in sight, for people to look at.
 *
 * @param image its name among the pictures that the docs show, where it is one: with UPDATE_IMAGES=1 it is made again,
 *   otherwise a test run leaves the checkout as it was
 */
export async function picture(page: Page, name: string, image?: string): Promise<void> {
  const path = join(screenshots, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled' });
  if (image === undefined || !process.env['UPDATE_IMAGES']) return;
  await mkdir(images, { recursive: true });
  await copyFile(path, join(images, `${image}.png`));
}
