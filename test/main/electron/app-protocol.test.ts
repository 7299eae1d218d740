import { expect, test } from 'vitest';
import { answerAppRequest } from '../../../src/main/electron/app-protocol.ts';
import { createFixture, runningShell } from './shell-fixture.ts';

test('the pages come with their type and a policy that runs nothing else', async () => {
  const { standIn } = await runningShell();
  const serve = standIn.protocol.handlers.get('app');
  const get = async (url: string) => (await serve?.({ url, method: 'GET' } as Request)) as Response;
  const page = await get('app://corvus/requests/req_1');
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<title>Corvus</title>');
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline|https?:|\*/);
  const script = await get('app://corvus/assets/index-abcdefgh.js');
  expect(script.headers.get('content-type')).toMatch(/^(?:text|application)\/javascript/);
  expect(script.headers.get('x-content-type-options')).toBe('nosniff');
  expect((await get('app://corvus/assets/missing.js')).status).toBe(404);
});

test.each([
  'app://corvus/../secret.txt',
  'app://corvus/../../secret.txt',
  'app://corvus/..%2f..%2fsecret.txt',
  'app://corvus/..%2F..%2Fetc%2Fpasswd',
  'app://corvus/%2e%2e/%2e%2e/secret.txt',
  'app://corvus/%2e%2e%2f%2e%2e%2fsecret.txt',
  'app://corvus/..%5c..%5csecret.txt',
  'app://corvus/..\\..\\secret.txt',
  'app://corvus/assets\\..\\..\\secret.txt',
  'app://corvus/assets/%00secret.txt',
  'app://corvus/index.html%00.js',
  'app://corvus/....//....//secret.txt',
  'app://corvus/%c0%ae%c0%ae/secret.txt',
  'app://corvus/%252e%252e/secret.txt',
  'app://corvus//etc/passwd.txt',
  'app://corvus/C:/Windows/win.ini',
  'app://corvus/file:///etc/passwd.txt',
  'app://corvus/.env.local',
  'app://corvus/assets/.hidden.js',
  'app://corvus/secret.txt',
  'app://other/index.html',
  'app://corvus.evil/index.html',
  'app://corvus:80/index.html',
  'app://user@corvus/index.html',
  'app:///index.html',
  'app:index.html',
  'file:///etc/passwd',
  'https://corvus/index.html',
  'not an address',
])('%s is not there', async (url) => {
  const { host } = await createFixture();
  const reply = await answerAppRequest({ url, method: 'GET' }, host.installation.rendererFolder);
  expect(reply.status).toBe(404);
  expect(await reply.text()).not.toContain('not to be served');
  expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not answered', async (method) => {
  const { host } = await createFixture();
  expect((await answerAppRequest({ url: 'app://corvus/', method }, host.installation.rendererFolder)).status).toBe(404);
});
