import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { expect, type Page, test } from '@playwright/test';
import { startMockUpstream } from '../support/fakes/mock-upstream.ts';
import { testFolder } from '../support/test-folder.ts';
import { startTestBackend } from '../support/start-test-backend.ts';
import { expectAccessible } from './accessible.ts';
import { type App, firstPage, hello, startApp } from './app-fixture.ts';
import { picture } from './picture.ts';

const certificates = join(import.meta.dirname, '..', 'fixtures', 'certificates');
const mostActions = 40;

/** A keyboard that counts: each key is an action, and so is a paste. */
function countingKeyboard(page: Page) {
  let actions = 0;
  async function press(key: string): Promise<void> {
    actions += 1;
    await page.keyboard.press(key);
  }
  return {
    press,
    async paste(text: string) {
      actions += 1;
      await page.keyboard.insertText(text);
    },
    /** Goes on with Tab until a control of this name has the focus, and presses it. */
    async use(name: RegExp) {
      const target = page.getByRole('button', { name }).or(page.getByRole('link', { name })).first();
      await target.waitFor();
      while (!(await target.evaluate((element) => element.matches(':focus')))) {
        if (actions > mostActions) throw new Error(`the Tab key does not lead to ${name}`);
        await press('Tab');
      }
      // It can have the focus before it can be pressed, and shows that.
      await expect(target).toBeEnabled();
      await press('Enter');
    },
    /** How many there were since the last time. */
    taken() {
      const count = actions;
      actions = 0;
      return count;
    },
  };
}

/** The address api.openai.com as a proxy shows it: a provider on this machine. */
async function startProxyTo(port: number) {
  const [key, cert] = await Promise.all(
    ['server.key', 'provider'].map((name) => readFile(join(certificates, `${name}.pem`))),
  );
  const server = createServer().on('connect', (_request, socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    const secure = new TLSSocket(socket, { isServer: true, key, cert }).on('error', () => undefined);
    secure.pipe(connect(port, '127.0.0.1').on('error', () => undefined)).pipe(secure);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

const live = (page: Page) => page.getByRole('status', { name: 'Live request' });
/** What the tool or the terminal then does. */
const send = (app: App, key: string, model: string) =>
  app.client(key).chat.completions.create({ model, messages: hello() });
const shownKey = async (page: Page) =>
  /sk-local-[\w-]+/.exec(await page.getByLabel('example request', { exact: true }).innerText())?.[0] ?? '';

test('each of the three doors leads to a live request, by keyboard alone, in fewer than 40 actions', async ({
  browser,
}) => {
  const home = await mkdtemp(join(testFolder, 'corvusllm-e2e-'));
  const upstream = await startMockUpstream();
  const proxy = await startProxyTo(upstream.port);
  const backend = await startTestBackend();
  const app = await startApp(home, { HTTPS_PROXY: proxy.url, NO_PROXY: '' });
  const context = await browser.newContext({ viewport: { width: 1280, height: 760 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const keys = countingKeyboard(page);
  const begin = async (door: RegExp) => {
    await keys.press('Tab');
    await keys.press('Enter');
    await keys.use(door);
  };

  await test.step('play money, with a tool that is installed', async () => {
    await mkdir(join(home, '.codex'));
    await page.goto(app.firstLink);
    await firstPage(page);
    await expectAccessible(page, 'the three doors');
    await picture(page, 'first-run-doors', 'first-run-doors');
    await begin(/Try with play money/);
    await page.getByRole('button', { name: 'Connect: Codex' }).waitFor();
    await expect(page.getByRole('button', { name: 'Connect: Codex' })).toBeFocused();
    await keys.use(/Connect: Codex/);
    await keys.use(/Write these changes/);
    await expect(page.getByText('Waiting for its first request')).toBeVisible();
    const key = /sk-local-[\w-]+/.exec(await readFile(join(home, '.codex', 'config.toml'), 'utf8'))?.[0] ?? '';
    await app.client(key).responses.create({ model: 'corvus/echo', input: hello() });
    await expect(page.getByText('Codex reaches Corvus')).toBeVisible();
    await keys.use(/Done/);
    await expect(live(page)).toContainText('It works');
    await picture(page, 'first-run-live', 'first-run-live');
    await expectAccessible(page, 'a live request');
    await keys.use(/Open the Overview/);
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    expect(keys.taken()).toBeLessThan(mostActions);
  });

  await test.step('own keys: a pasted key is recognised, refused or tested, and its models are listed', async () => {
    await app.command('network', 'set', '--ca-file', join(certificates, 'provider.pem'));
    await page.goto(`${app.gateway}/start`);
    await begin(/Use my own keys/);
    await expect(page.getByLabel('API key')).toBeFocused();
    upstream.script({
      status: 401,
      headers: { 'content-type': 'application/json' },
      body: '{"error":{"message":"Incorrect API key"}}',
    });
    await keys.paste('sk-proj-0123456789mistyped');
    await expect(page.getByText('Recognised as a key of OpenAI.')).toBeVisible();
    await keys.press('Enter');
    await expect(page.getByRole('alert').filter({ hasText: 'refused the key' })).toBeVisible();
    await keys.press('ControlOrMeta+a');
    await keys.paste('sk-proj-0123456789abcdefghij');
    await keys.press('Enter');
    await expect(page.getByRole('list', { name: 'Models of openai' })).toContainText('gpt-test');
    await picture(page, 'first-run-own-key', 'first-run-own-key');
    const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
    await page.route('**/tools.list', async (route) => {
      await mayAnswer;
      await route.continue();
    });
    await keys.use(/Go on with these models/);
    await expect(page.getByRole('heading', { name: 'Connect a tool' })).toBeFocused();
    answer();
    await keys.use(/Create a key and show the command/);
    await send(app, await shownKey(page), 'gpt-test');
    await expect(live(page)).toContainText('It works');
    await expect(live(page)).toContainText('gpt-test');
    expect(upstream.received.at(-1)?.headers.authorization).toBe('Bearer sk-proj-0123456789abcdefghij');
    await keys.use(/Open the Overview/);
    expect(keys.taken()).toBeLessThan(mostActions);
  });

  await test.step('a CorvusLLM key', async () => {
    await page.goto(`${app.gateway}/start`);
    await begin(/Use a CorvusLLM key/);
    await expect(page.getByLabel('Customer key')).toBeFocused();
    await keys.paste(backend.customerKey);
    await keys.press('Tab');
    await keys.press('ControlOrMeta+a');
    await keys.paste(backend.baseUrl);
    await keys.press('Enter');
    await keys.use(/Create a key and show the command/);
    await send(app, await shownKey(page), 'gpt-4.1-mini');
    await expect(live(page)).toContainText('It works');
    await expect(live(page)).toContainText('gpt-4.1-mini');
    await keys.use(/Open the Overview/);
    expect(keys.taken()).toBeLessThan(mostActions);
  });

  await test.step('a link is shown before it is applied', async () => {
    const open = (link: string) => app.call('links.open', { link });
    await open('corvusllm://provider?kind=openai&key=sk-proj-0123456789klmnopqrst');
    const dialog = page.getByRole('dialog', { name: 'Add the provider openai-2' });
    await expect(dialog).toContainText('https://api.openai.com');
    await expectAccessible(page, 'what a link sets', 'all', '[role="dialog"]');
    await picture(page, 'first-run-link', 'first-run-link');
    await keys.use(/Cancel/);
    await expect(dialog).toBeHidden();
    expect(await app.command('providers', 'ls')).toHaveLength(1);
    await open('corvusllm://provider?kind=openai&key=sk-proj-0123456789klmnopqrst');
    await keys.use(/Add the provider openai-2/);
    await expect(dialog).toBeHidden();
    expect(await app.command('providers', 'ls')).toHaveLength(2);
  });

  await context.close();
  await app.stop();
  await backend[Symbol.asyncDispose]();
  proxy.close();
  await upstream.close();
  await rm(home, { recursive: true, force: true });
});
