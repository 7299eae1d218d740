import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { openDatabase } from '#core/store/database/open-database.ts';
import { findChromium } from '../../scripts/find-chromium.mjs';
import { openHome } from '../../src/main/host/home.ts';
import { chatOf } from './calls.ts';
import { fillHistory } from './history.ts';
import { median, processorMs } from './measure.ts';
import { slowStreams } from './slow-streams.ts';
import * as targets from './targets.ts';
import type { BenchTarget } from './targets.ts';

/**
 * `npm run bench:pages [-- <requests>]`: what opening the Overview takes in Chromium with nothing in its cache, on an
 * empty data folder and with so many requests (100,000), what it costs Corvus while it stays open and calls come, and
 * how long others wait beside it and a hundred streams.
 */
const [given] = process.argv.slice(2);
const count = Number(given ?? 100_000);
const loads = 7;
const callsPerSecond = 20;
const openForMs = 8_000;
const streams = 100;

interface Load {
  /** The first text or picture. */
  paintMs: number;
  /** The heading of the page. */
  headingMs: number;
  /** The newest request is listed, or the first step of the way to it. */
  dataMs: number;
  /** JavaScript until then, as it was sent. */
  scriptBytes: number;
}

/** Runs in the page, before anything of it. */
const watchPage = `
  globalThis.seen = {};
  new MutationObserver(() => {
    const heading = document.querySelector('h1')?.textContent;
    if (heading !== undefined) seen.headingMs ??= performance.now();
    if (heading === 'Get started' || document.querySelector('ul[aria-label="Latest requests"] li'))
      seen.dataMs ??= performance.now();
  }).observe(document, { childList: true, subtree: true });
`;

const newestRequest = (page: Page): Locator => page.locator('ul[aria-label="Latest requests"] li').first();

async function loadOnce(browser: Browser, url: string, login: BrowserContextOptions): Promise<Load> {
  const context = await browser.newContext({ ...login, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript({ content: watchPage });
  await page.goto(url);
  await page.getByRole('heading', { name: 'Get started', level: 1 }).or(newestRequest(page)).waitFor();
  const load = await page.evaluate((): Load => {
    const { headingMs, dataMs } = Reflect.get(globalThis, 'seen');
    const scripts = performance
      .getEntriesByType('resource')
      .filter((entry) => entry instanceof PerformanceResourceTiming)
      .filter(({ name, responseEnd }) => name.endsWith('.js') && responseEnd <= headingMs);
    return {
      paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      headingMs,
      dataMs,
      scriptBytes: scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    };
  });
  await context.close();
  return load;
}

async function logIn(browser: Browser, home: string): Promise<BrowserContextOptions> {
  const dashboard = targets.corvus(home, 'dashboard');
  if (typeof dashboard !== 'object' || dashboard === null || !('dashboard' in dashboard)) throw new Error('no link');
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(String(dashboard.dashboard));
  await page.locator('h1').waitFor();
  const storageState = await context.storageState();
  await context.close();
  return { storageState };
}

async function coldLoads(browser: Browser, name: string, { url }: BenchTarget, login: BrowserContextOptions) {
  const all: Load[] = [];
  for (let index = 0; index < loads; index += 1) all.push(await loadOnce(browser, url, login));
  const middle = (of: keyof Load) => Math.round(median(all.map((load) => load[of])));
  return {
    store: name,
    'first paint ms': middle('paintMs'),
    'heading ms': middle('headingMs'),
    'data ms': middle('dataMs'),
    'JavaScript KB': (middle('scriptBytes') / 1000).toFixed(1),
  };
}

/** Processor time of the gateway for each second, while calls come at a steady rate. */
async function processorPerSecond({ url, headers, pid }: BenchTarget): Promise<number> {
  const { path, body } = chatOf(1);
  const before = processorMs(pid) ?? Number.NaN;
  const startMs = performance.now();
  while (performance.now() - startMs < openForMs) {
    const asked = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
    });
    await asked.arrayBuffer();
    await sleep(1_000 / callsPerSecond);
  }
  return ((processorMs(pid) ?? Number.NaN) - before) / ((performance.now() - startMs) / 1_000);
}

async function costOfOpenPage(browser: Browser, gateway: BenchTarget, login: BrowserContextOptions) {
  const alone = await processorPerSecond(gateway);
  const open = await beside(browser, gateway, login, () => processorPerSecond(gateway));
  return {
    'calls a second': callsPerSecond,
    'ms a second, no page': alone.toFixed(0),
    'ms a second, Overview open': open.toFixed(0),
  };
}

async function waitBesideStreams(browser: Browser, gateway: BenchTarget, login: BrowserContextOptions) {
  const { dropped, firstByteMs, healthP99Ms } = await beside(browser, gateway, login, () =>
    slowStreams([gateway], streams),
  );
  return {
    'streams beside the Overview': streams,
    dropped,
    'first byte of one more ms': firstByteMs.toFixed(1),
    '/healthz p99 ms': healthP99Ms.toFixed(1),
  };
}

/** Measures while the Overview is open. */
async function beside<Result>(
  browser: Browser,
  { url }: BenchTarget,
  login: BrowserContextOptions,
  measure: () => Promise<Result>,
): Promise<Result> {
  const context = await browser.newContext(login);
  const page = await context.newPage();
  await page.goto(url);
  await newestRequest(page).waitFor();
  const result = await measure();
  await context.close();
  return result;
}

async function main(browser: Browser): Promise<void> {
  const empty = targets.newHome();
  const emptyGateway = await targets.startGateway(empty);
  const rows = [await coldLoads(browser, 'empty', emptyGateway, await logIn(browser, empty))];

  const full = targets.newHome();
  const { db } = openDatabase((await openHome(full)).database);
  fillHistory(db, count);
  db.close();
  const gateway = await targets.startGateway(full);
  const login = await logIn(browser, full);
  rows.push(await coldLoads(browser, `${count.toLocaleString('en')} requests`, gateway, login));
  console.table(rows);

  const upstream = await targets.startUpstream();
  const called = targets.withProvider(gateway, full, upstream, 'openai-chat');
  console.table([await costOfOpenPage(browser, called, login)]);
  console.table([await waitBesideStreams(browser, called, login)]);
}

const executablePath = findChromium();
const browser = await chromium.launch({
  ...(executablePath === null ? {} : { executablePath }),
  // Chromium's own sandbox refuses to run as root.
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  await main(browser);
} finally {
  await browser.close();
  targets.stopAll();
}
