import { expect, type Page } from '@playwright/test';
import { expectAccessibleInBothThemes, test } from './gallery-fixture.ts';

const groups = [
  'controls',
  'words',
  'start',
  'overview',
  'requests',
  'details',
  'usage',
  'models',
  'billing',
  'keys',
  'envelopes',
  'providers',
  'plans',
  'doctor',
  'settings',
  'overlays',
];
const narrowPx = 360;

async function open(page: Page, galleryUrl: string, group: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(`${galleryUrl}?group=${group}&theme=light`);
  await page.locator('[data-entry]').first().waitFor();
}

test('the list of groups here is the gallery’s own', async ({ page, galleryUrl }) => {
  await open(page, galleryUrl, 'controls');
  const shown = await page.evaluate<string[]>(
    `[...document.querySelectorAll('nav[aria-label="Groups"] a')].map(({ search }) => new URLSearchParams(search).get('group'))`,
  );
  expect(shown).toEqual(groups);
});

for (const group of groups) {
  test(`${group}: every state is accessible in both themes and fits a narrow window`, async ({ page, galleryUrl }) => {
    await open(page, galleryUrl, group);
    await expectAccessibleInBothThemes(page, 'main');
    await page.setViewportSize({ width: narrowPx, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth'), 'scrolls sideways').toBeLessThanOrEqual(
      narrowPx,
    );
    expect(await cutOff(page), 'text is cut off without an ellipsis').toEqual([]);
  });
}

/**
 * Texts that are wider than their box where nothing scrolls and no ellipsis says that there is more. Fields scroll
 * their own text.
 */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('[data-entry] *:not(input, select)')]
    .filter((element) => {
      const { overflowX, textOverflow } = getComputedStyle(element);
      const isCut = (overflowX === 'hidden' || overflowX === 'clip') && textOverflow !== 'ellipsis';
      // What only screen readers get is one pixel wide.
      return isCut && element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1;
    })
    .map((element) => element.tagName + ' ' + element.textContent.slice(0, 60))`);
}

test('every control can be reached by keyboard, and shows that it has the focus', async ({ page, galleryUrl }) => {
  await open(page, galleryUrl, 'controls');
  // The radio buttons of a segmented control are one stop.
  const stops = page.locator(
    '[data-entry] :is(button, select, [tabindex="0"], input:not([type="radio"]), :checked[type="radio"])',
  );
  const wanted = await stops.and(page.locator(':not(:disabled, [tabindex="-1"])')).count();
  await page.getByRole('link', { name: 'dark' }).focus();
  for (let step = 0; step < wanted; step += 1) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(focusOutline), `stop ${step + 1} of ${wanted}`).toMatch(/^[1-9]/);
  }
  await page.keyboard.press('Tab');
  expect(await page.evaluate(focusOutline)).toBe('left the gallery');
});

test('a button that does nothing for now does not answer the pointer', async ({ page, galleryUrl }) => {
  await open(page, galleryUrl, 'controls');
  const selector = 'button[aria-disabled="true"]';
  const off = await page.locator(selector).all();
  expect(off.length).toBeGreaterThan(8);
  for (const [index, button] of off.entries()) {
    const look = () =>
      page.evaluate<string>(`(({ backgroundColor, color, filter, cursor }) =>
        [backgroundColor, color, filter, cursor].join(' '))(getComputedStyle(document.querySelectorAll('${selector}')[${index}]))`);
    await page.mouse.move(0, 0);
    const before = await look();
    await button.hover();
    expect(await look()).toBe(before);
    expect(before).toMatch(/ default$/);
  }
});

/** How wide the outline is: of the control or, where that lies invisibly over its label, of the label. */
const focusOutline = `(() => {
  const focused = document.activeElement;
  if (!focused?.closest('[data-entry]')) return 'left the gallery';
  const outlined = [focused, focused.closest('label')].find((element) => element && getComputedStyle(element).outlineStyle !== 'none');
  return outlined ? getComputedStyle(outlined).outlineWidth : 'no outline on ' + focused.outerHTML.slice(0, 160);
})()`;

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

test('every dialog is accessible in both themes, fits a narrow window, and gives the focus back', async ({
  page,
  galleryUrl,
}) => {
  await open(page, galleryUrl, 'overlays');
  const names = await page.evaluate<string[]>(
    `[...document.querySelectorAll('[data-entry]')].filter((entry) => entry.textContent.endsWith('Open')).map(({ dataset }) => dataset.entry)`,
  );
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) {
    const opener = page.getByRole('region', { name, exact: true }).getByRole('button', { name: 'Open' });
    await page.setViewportSize({ width: 1280, height: 800 });
    await opener.click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await expectAccessibleInBothThemes(page, '[role="dialog"]');
    await page.setViewportSize({ width: narrowPx, height: 640 });
    const box = await dialog.boundingBox();
    expect(box?.x ?? -1, `${name} begins in the window`).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? narrowPx + 1), `${name} ends in the window`).toBeLessThanOrEqual(narrowPx);
    const hidden = await page.evaluate(
      `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('[role="dialog"]'))`,
    );
    expect(hidden, `${name} scrolls sideways`).toBe(0);
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(opener, name).toBeFocused();
  }
});

test('toasts are accessible in both themes and fit a narrow window', async ({ page, galleryUrl }) => {
  await open(page, galleryUrl, 'overlays');
  for (const tone of ['good', 'bad', 'neutral']) {
    await page
      .getByRole('region', { name: `Toast, ${tone}` })
      .getByRole('button')
      .click();
  }
  // Under the pointer they stay.
  await page.getByText('The account is connected').last().hover();
  await expectAccessibleInBothThemes(page, 'body');
  await page.setViewportSize({ width: narrowPx, height: 640 });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(narrowPx);
});

test('a toast can be dismissed', async ({ page, galleryUrl }) => {
  await open(page, galleryUrl, 'overlays');
  await page.getByRole('region', { name: 'Toast, bad' }).getByRole('button').click();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(page.getByRole('button', { name: 'Dismiss' })).toHaveCount(0);
});
