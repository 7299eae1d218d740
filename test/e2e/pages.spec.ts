import { type Browser, expect, type Page } from '@playwright/test';
import { appPages } from '#shared/contract/app-pages.ts';
import { startMockUpstream } from '../support/fakes/mock-upstream.ts';
import { expectAccessible } from './accessible.ts';
import { expectExport, expectNumbersLead } from './numbers.ts';
import { type App, firstPage, hello, test } from './app-fixture.ts';
import { picture } from './picture.ts';

/** Those that the README shows. */
const images = new Map([
  ['overview-full-light', 'overview-light'],
  ['overview-full-dark', 'overview-dark'],
  ['requests-full-light', 'requests-light'],
]);

const pages = [
  'Overview',
  'Requests',
  'Usage',
  'Models',
  'Billing',
  'Keys',
  'Envelopes',
  'Providers',
  'Plans',
  'Doctor',
  'Get started',
  'Settings',
];

const wide = { width: 1280, height: 800 };

const plan = {
  name: 'team-model',
  mode: 'mesh',
  candidates: [{ model: 'gpt-4.1-mini', route: 'auto' }],
  arbiter: null,
  priceCeiling: 'any',
  onBillingError: 'off',
};

test.describe.configure({ mode: 'parallel', timeout: 180_000 });

test('every page before the first request, in both themes', async ({ app, browser }) => {
  await everyPage(app, browser, 'empty');
});

test('every page after a busy day, in both themes, on a wide screen and on a phone', async ({ app, browser }) => {
  const upstream = await startMockUpstream();
  await useBusily(app, upstream.origin);
  const page = await everyPage(app, browser, 'full');
  await page.setViewportSize({ width: 1600, height: 1000 });
  await page.emulateMedia({ colorScheme: 'light' });
  await expectNumbersLead(app, page);
  await expectExport(app, page);
  await upstream.close();
});

/** Requests of every kind: streamed and whole, refused and cut, prepaid and one's own, with names that hardly fit. */
async function useBusily(app: App, upstreamOrigin: string): Promise<void> {
  await app.command(
    'providers',
    'add',
    '--id',
    'lab-server',
    '--dialect',
    'openai-chat',
    '--base-url',
    `${upstreamOrigin}/v1`,
    '--local',
  );
  await app.command('envelopes', 'add', '5', '--name', 'Everything', '--unpriced', 'allow');
  const editor = app.client(await app.newKey('Editor', 'prepaid'));
  const agent = app.client(await app.newKey('Nightly research agent of the platform team', 'prepaid'));
  const own = { id: 'own-server', kind: 'custom', baseUrl: `${upstreamOrigin}/v1`, key: 'sk-own' };
  await app.call('providers.add', { ...own, custom: { dialects: ['openai-chat'], isLocal: false } });
  // Nothing says what this model costs.
  await app
    .client(await app.newKey('Own', 'provider:own-server'))
    .chat.completions.create({ model: 'unpriced', messages: hello() });
  const lab = app.client(await app.newKey('Lab', 'provider:lab-server'));
  for (let size = 1; size <= 12; size += 1) {
    const model = ['corvus/echo', 'gpt-4.1', 'gpt-4.1-mini', 'gpt-5.5'][size % 4] ?? 'corvus/echo';
    await editor.chat.completions.create({
      model,
      messages: hello(`#echo tokens ${size * 150}\n${'word '.repeat(size * 900)}`),
    });
  }
  const stream = await agent.chat.completions.create({
    model: 'gpt-4.1',
    stream: true,
    messages: hello('#echo tokens 400\n#echo reasoning 900\n#echo cache-read 12000'),
  });
  for await (const _chunk of stream);
  const cut = await agent.chat.completions.create({
    model: 'gpt-4.1',
    stream: true,
    messages: hello('#echo tokens 900\n#echo cut 4'),
  });
  await expect(
    (async () => {
      for await (const _chunk of cut);
    })(),
  ).rejects.toThrow();
  await lab.chat.completions.create({
    model: 'organisation/a-model-with-a-rather-long-name-that-hardly-fits-70b-instruct',
    messages: hello(),
  });
  await expect(agent.chat.completions.create({ model: 'gpt-nonsense', messages: hello() })).rejects.toThrow();
  await expect(
    agent.chat.completions.create({ model: 'gpt-4.1', messages: hello('#echo error 500') }),
  ).rejects.toThrow();
  const site = {
    headers: {
      'x-corvus-tag-project': 'site',
      'x-corvus-tag-session': 'a-session',
      'user-agent': 'codex_cli_rs/0.98.0',
    },
  };
  await agent.chat.completions.create({ model: 'corvus/echo', messages: hello('What is new?') }, site);
  await app.call('routing.set', { plans: [plan], rules: [] });
  await agent.chat.completions.create({ model: plan.name, messages: hello() });
  await agent.chat.completions.create({ model: 'corvus/compare:gpt-4.1,claude-haiku-4-5', messages: hello() });
  await app.command('topup', '25');
}

async function everyPage(app: App, browser: Browser, state: 'empty' | 'full'): Promise<Page> {
  const page = await browser.newPage({ viewport: wide });
  await page.goto(app.firstLink);
  await firstPage(page);
  for (const name of pages) {
    await show(page, app, name);
    await inBothThemes(page, name, state);
    if (state === 'full') await narrow(page, name);
  }
  if (state === 'empty') return page;
  await show(page, app, 'Requests');
  await page.getByRole('grid', { name: 'Requests' }).getByText('gpt-5.5').first().click();
  await page.getByRole('complementary', { name: 'Request details' }).getByText('Cost verified').waitFor();
  await inBothThemes(page, 'Request details', state);
  return page;
}

async function inBothThemes(page: Page, name: string, state: 'empty' | 'full'): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    const file = `${name.toLowerCase().replaceAll(' ', '-')}-${state}-${theme}`;
    await picture(page, file, images.get(file));
    await expectAccessible(page, `${name}, ${state}, ${theme}`, theme === 'dark' ? 'dark' : 'all');
  }
}

/** As narrow as a phone, and as wide as a window of 1280 by 1024 at 400 %: nothing is cut off sideways. */
async function narrow(page: Page, name: string): Promise<void> {
  await page.setViewportSize({ width: 400, height: 800 });
  expect(await page.evaluate('document.documentElement.scrollWidth'), `${name} scrolls sideways`).toBeLessThanOrEqual(
    400,
  );
  await page.setViewportSize({ width: 320, height: 256 });
  expect(
    await page.evaluate(
      "(() => { const main = document.querySelector('main'); return main.scrollWidth - main.clientWidth; })()",
    ),
    `${name} at 400 %`,
  ).toBe(0);
  // The menu scrolls instead of squeezing what is pressed.
  const menuLink = page.getByRole('navigation', { name: 'Pages' }).getByRole('link').first();
  expect((await menuLink.boundingBox())?.height).toBeGreaterThanOrEqual(24);
  if (name === 'Requests') expect((await page.getByRole('grid').boundingBox())?.height).toBeGreaterThan(150);
  await page.setViewportSize(wide);
}

async function show(page: Page, app: App, name: string): Promise<void> {
  await page.goto(`${app.gateway}${appPages.find((known) => known.name === name)?.path}`);
  await (name === 'Overview' ? firstPage(page) : page.getByRole('heading', { name, level: 1 }).waitFor());
  // Everything asked for has come.
  await expect(page.locator('[aria-busy="true"], [role="status"][aria-label^="Loading"]')).toHaveCount(0);
}
