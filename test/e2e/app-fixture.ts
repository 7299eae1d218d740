import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, test as base, type Page } from '@playwright/test';
import OpenAI from 'openai';
import { builtCli } from '../support/built-program.ts';
import { testFolder } from '../support/test-folder.ts';

const runFile = promisify(execFile);

/** The built app in a process of its own, on an empty data folder, with play money. */
export interface App {
  gateway: string;
  home: string;
  /** `corvusllm … --json`: its result. */
  command(...parameters: string[]): Promise<unknown>;
  /** A call of the app API: its value. */
  call(name: string, input: unknown): Promise<unknown>;
  /** A new local key's secret. */
  newKey(label: string, route?: string): Promise<string>;
  /** The official client, pointed at the gateway. */
  client(apiKey: string): OpenAI;
  /** The login link that it started with. */
  firstLink: string;
  /** A login link that no browser has used yet. */
  loginLink(): Promise<string>;
}

export async function startApp(
  home: string,
  environment: Readonly<Record<string, string>> = {},
  port = '0',
): Promise<App & { stop(): Promise<void> }> {
  const child = spawn(process.execPath, [builtCli, 'serve', '--json', '--home', home, '--port', port], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Tools are looked for, and connected, in the person's home folder.
    env: { ...process.env, HOME: home, ...environment },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void ended.then(() => reject(new Error('Corvus ended before it was ready')));
  });
  const { gateway, dashboard: firstLink } = JSON.parse(line) as { gateway: string; dashboard: string };
  const run = async (...parameters: string[]) =>
    (await runFile(process.execPath, [builtCli, ...parameters, '--home', home])).stdout.trim();
  const call = async (name: string, input: unknown): Promise<unknown> => {
    const { secret } = JSON.parse(await readFile(join(home, 'owner.json'), 'utf8')) as { secret: string };
    const reply = await fetch(`${gateway}/api/call/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(input ?? null),
    });
    const result = (await reply.json()) as { ok: boolean; value: unknown };
    expect(result, name).toMatchObject({ ok: true });
    return result.value;
  };
  return {
    gateway,
    home,
    firstLink,
    command: async (...parameters) => JSON.parse(await run(...parameters, '--json')) as unknown,
    call,
    async newKey(label, route = 'auto') {
      const { secret } = (await call('keys.create', { label, route })) as { secret: string };
      return secret;
    },
    client: (apiKey) => new OpenAI({ baseURL: `${gateway}/v1`, apiKey, maxRetries: 0 }),
    loginLink: () => run('dashboard'),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export const test = base.extend<{ app: App; dashboard: Page }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of what a fixture needs from this pattern.
  app: async ({}, use) => {
    const home = await mkdtemp(join(testFolder, 'corvusllm-e2e-'));
    const app = await startApp(home);
    await use(app);
    await app.stop();
    await rm(home, { recursive: true, force: true });
  },
  /** The first page of a browser that has just used its login link. */
  dashboard: async ({ app, page }, use) => {
    await page.goto(app.firstLink);
    await firstPage(page);
    await use(page);
  },
});

/** Waits for the page that a login leads to: the Overview, or before the first request the way to one. */
export async function firstPage(page: Page): Promise<void> {
  await page.getByRole('heading', { name: /^(Overview|Get started)$/, level: 1 }).waitFor();
}

/** Goes to a page by the menu, as a person does. */
export async function openPage(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

export const hello = (content = 'Hello Corvus') => [{ role: 'user' as const, content }];
