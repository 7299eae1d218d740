import { join } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { expectAccessible, test } from './gallery-fixture.ts';

const screenshots = join(import.meta.dirname, '..', '..', 'test-results', 'screenshots');
const groups = [
  'controls',
  'words',
  'overview',
  'requests',
  'details',
  'models',
  'billing',
  'keys',
  'providers',
  'plans',
  'settings',
  'overlays',
];
const narrowPx = 360;

async function open(page: Page, galleryUrl: string, group: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(`${galleryUrl}?group=${group}&theme=light`);
  await page.locator('[data-entry]').first().waitFor();
  // The chart is fetched when it is needed first.
  if (group === 'overview') await page.getByRole('figure').first().waitFor();
}

/** The theme as the app changes it: by the attribute that every colour depends on. */
function useTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  return page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
}

test('the list of groups here is the gallery’s own', async ({ page, galleryUrl }) => {
  await open(page, galleryUrl, 'controls');
  const links = page.getByRole('navigation', { name: 'Groups' }).getByRole('link');
  const shown = await links.evaluateAll((elements) => elements.map((element) => element.getAttribute('href') ?? ''));
  expect(shown.map((href) => new URLSearchParams(href).get('group'))).toEqual(groups);
});

for (const group of groups) {
  test(`${group}: every state is accessible in both themes and fits a narrow window`, async ({ page, galleryUrl }) => {
    await open(page, galleryUrl, group);
    for (const theme of ['light', 'dark'] as const) {
      await useTheme(page, theme);
      await page.screenshot({ path: join(screenshots, `gallery-${group}-${theme}.png`), fullPage: true, animations: 'disabled' });
      await expectAccessible(page, `${group}, ${theme}`);
    }
    await page.setViewportSize({ width: narrowPx, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth'), 'scrolls sideways').toBeLessThanOrEqual(narrowPx);
    expect(await cutOff(page), 'text is cut off without an ellipsis').toEqual([]);
  });
}

/** Texts that are wider than their box where nothing scrolls and no ellipsis says that there is more. */
function cutOff(page: Page): Promise<string[]> {
  return page.locator('[data-entry] *').evaluateAll((elements) =>
    elements
      .filter((element) => {
        const { overflowX, textOverflow } = getComputedStyle(element);
        const isClipped = overflowX === 'hidden' || overflowX === 'clip';
        const isHidden = element.clientWidth <= 1;
        return isClipped && textOverflow !== 'ellipsis' && !isHidden && element.scrollWidth > element.clientWidth + 1;
      })
      .map((element) => `${element.tagName} ${element.textContent.slice(0, 60)}`),
  );
}

test('every control can be reached by keyboard, and shows that it has the focus', async ({ page, galleryUrl }) => {
  await open(page, galleryUrl, 'controls');
  const wanted = await page
    .locator('[data-entry] :is(button, input, select, [tabindex="0"]):not(:disabled):not([tabindex="-1"])')
    .evaluateAll((elements) => elements.filter((element) => !(element instanceof HTMLInputElement && element.type === 'radio')).length);
  const reached = new Set<string>();
  await page.getByRole('link', { name: 'dark' }).focus();
  for (let step = 0; step < wanted + 5; step += 1) {
    await page.keyboard.press('Tab');
    const focused = page.locator('[data-entry] :focus');
    if ((await focused.count()) === 0) break;
    expect(await showsFocus(focused), await focused.evaluate((element) => element.outerHTML.slice(0, 160))).toBe(true);
    reached.add(await focused.evaluate((element) => (element.id = `reached-${element.id || Math.random()}`)));
  }
  // The radio buttons of a segmented control are one stop.
  expect(reached.size).toBe(wanted + 1);
});

/** An outline on the element or, for an input that lies invisibly over its label, on that. */
function showsFocus(focused: Locator): Promise<boolean> {
  return focused.evaluate((element) =>
    [element, element.closest('label')].some((candidate) => {
      if (!candidate) return false;
      const { outlineStyle, outlineWidth } = getComputedStyle(candidate);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1;
    }),
  );
}

test('arrow keys move in segmented controls and tabs, space turns a switch', async ({ page, galleryUrl }) => {
  await open(page, galleryUrl, 'controls');
  await page.getByRole('radio', { name: 'Cost' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'Requests' })).toBeChecked();
  await page.getByRole('tab', { name: 'OpenAI SDK' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(page.getByText('The second panel.')).toBeVisible();
  const off = page.getByRole('switch', { name: 'Off' });
  await off.focus();
  await page.keyboard.press('Space');
  await expect(off).toBeChecked();
});

test('arrow keys walk through the requests, Enter opens one', async ({ page, galleryUrl }) => {
  await open(page, galleryUrl, 'requests');
  const grid = page.getByRole('grid', { name: 'Requests' }).first();
  await grid.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(grid.getByRole('row').nth(1)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowDown');
  await expect(grid.getByRole('row').nth(2)).toHaveAttribute('aria-selected', 'true');
});

test('every dialog is accessible in both themes, fits a narrow window, and gives the focus back', async ({ page, galleryUrl }) => {
  await open(page, galleryUrl, 'overlays');
  const names = await page
    .locator('[data-entry]:has(button:text-is("Open"))')
    .evaluateAll((entries) => entries.map((entry) => entry.getAttribute('data-entry') ?? ''));
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) {
    const opener = page.getByRole('region', { name, exact: true }).getByRole('button', { name: 'Open' });
    await page.setViewportSize({ width: 1280, height: 800 });
    await opener.click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await useTheme(page, 'dark');
    await expectAccessible(page, `${name}, dark`);
    await useTheme(page, 'light');
    await expectAccessible(page, `${name}, light`);
    await page.setViewportSize({ width: narrowPx, height: 640 });
    const box = await dialog.boundingBox();
    expect(box?.x ?? -1, `${name} begins in the window`).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? narrowPx + 1), `${name} ends in the window`).toBeLessThanOrEqual(narrowPx);
    expect(await dialog.evaluate((element) => element.scrollWidth - element.clientWidth), `${name} scrolls sideways`).toBe(0);
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(opener, name).toBeFocused();
  }
});

test('a toast is accessible in both themes and can be dismissed', async ({ page, galleryUrl }) => {
  await open(page, galleryUrl, 'overlays');
  for (const tone of ['good', 'bad', 'neutral']) {
    await page
      .getByRole('region', { name: `Toast, ${tone}` })
      .getByRole('button')
      .click();
  }
  for (const theme of ['light', 'dark'] as const) {
    await useTheme(page, theme);
    await expectAccessible(page, `toasts, ${theme}`);
  }
  await page.setViewportSize({ width: narrowPx, height: 640 });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(narrowPx);
  await page.getByRole('button', { name: 'Dismiss' }).first().click();
  await expect(page.getByRole('button', { name: 'Dismiss' })).toHaveCount(2);
});
