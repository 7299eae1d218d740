import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { createCheckout } from './checkout.ts';

const display = { DISPLAY: ':99' };
const noBinary =
  "Running without a window: Electron's binary could not be downloaded (to try again: npx install-electron).\n";

async function builtCheckout() {
  const checkout = await createCheckout();
  await checkout.write('out/main/cli.js', 'console.log(JSON.stringify(process.argv.slice(2))); process.exit(3);');
  await checkout.write('node_modules/electron/install.js', "require('fs').appendFileSync('tries.txt', 'try ');");
  await checkout.write('node_modules/electron/package.json', '{}');
  return {
    ...checkout,
    start: (parameters: readonly string[], environment = {}) => checkout.run('start.mjs', parameters, environment),
    /** An Electron that says how it was called and ends with this code. */
    async installElectron(exitCode: number): Promise<void> {
      await checkout.write('node_modules/electron/path.txt', 'electron');
      await checkout.write(
        'node_modules/electron/dist/electron',
        `#!/bin/sh\necho "window $*"\nexit ${exitCode}\n`,
        0o755,
      );
    },
  };
}

test('headless: says why in one line, forwards the parameters, keeps standard output and the exit code', async () => {
  const { start } = await builtCheckout();
  const result = await start(['--headless', '--port', '0', '--json'], display);
  expect(result).toEqual({
    code: 3,
    stdout: '["serve","--port","0","--json"]\n',
    stderr: 'Running without a window: --headless was given.\n',
  });
});

test('Electron is asked for once an hour, not at each start', async () => {
  const { root, start, read } = await builtCheckout();
  expect(await start([], display)).toMatchObject({ code: 3, stderr: `Fetching Electron (once) …\n${noBinary}` });
  expect(await start([], display)).toMatchObject({ code: 3, stderr: noBinary });
  expect(await read('tries.txt')).toBe('try ');
  const twoHoursAgo = new Date(Date.now() - 7_200_000);
  await utimes(join(root, 'node_modules', '.corvus-electron-try'), twoHoursAgo, twoHoursAgo);
  await start([], display);
  expect(await read('tries.txt')).toBe('try try ');
});

test.skipIf(process.platform === 'win32')('with Electron and a display the window is opened', async () => {
  const { root, start, installElectron } = await builtCheckout();
  await installElectron(0);
  const result = await start([], display);
  const sandbox = process.getuid?.() === 0 ? '--no-sandbox ' : '';
  expect(result).toEqual({ code: 0, stdout: `window ${sandbox}${root}/\n`, stderr: '' });
});

test.skipIf(process.platform === 'win32')(
  'an Electron that cannot start is reported, and Corvus runs without it',
  async () => {
    const { start, installElectron } = await builtCheckout();
    await installElectron(127);
    const { code, stderr } = await start([], display);
    expect(code).toBe(3);
    expect(stderr).toBe(
      'Running without a window: Electron ended at once with code 127 (is a system library missing?).\n',
    );
  },
);

test.skipIf(process.platform === 'win32')('a signal reaches what runs, and its exit code comes back', async () => {
  const { root, write } = await builtCheckout();
  await write(
    'out/main/cli.js',
    "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1e6); console.log('ready');",
  );
  const child = spawn(process.execPath, [join(root, 'scripts', 'start.mjs'), '--headless'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(createInterface({ input: child.stdout }), 'line');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([7, null]);
});

test.skipIf(process.platform === 'win32')(
  'a signal to npm, which ends only its shell, ends what runs too',
  async () => {
    const { root, write } = await builtCheckout();
    await write(
      'out/main/cli.js',
      "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1e6); console.log(process.pid);",
    );
    const start = `${process.execPath} ${join(root, 'scripts', 'start.mjs')} --headless; true`;
    const shell = spawn('sh', ['-c', start], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, npm_lifecycle_event: 'start' },
    });
    const [pid] = await once(createInterface({ input: shell.stdout }), 'line');
    onTestFinished(() => endProcess(Number(pid)));
    const outputEnd = once(shell.stdout, 'close');
    shell.kill('SIGTERM');
    // The pipe closes when the last of them has ended.
    await outputEnd;
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  },
);

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, as it should.
  }
}
