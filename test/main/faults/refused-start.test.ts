import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { temporaryHome } from '../../support/temporary-home.ts';
import { canMount } from './full-disk.ts';
import { runToEnd, startApp } from './run-app.ts';

test.runIf(canMount)(
  'a home that cannot be written is refused with its name and the reason, whether it was used before or not',
  async () => {
    const [used, fresh] = [await temporaryHome(), await temporaryHome()];
    await (await startApp({ home: used })).stop();
    for (const home of [used, fresh]) {
      const within = [
        'unshare',
        '--mount',
        'sh',
        '-c',
        'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"',
        home,
      ];
      const { code, stdout, stderr } = await runToEnd({ home, within });
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toEqual({
        error: { code: 'storage_unavailable', message: expect.stringContaining('read-only file system') },
      });
      expect(stderr).toContain(home);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  },
);

test('a port that is taken names its holder, and the home is free again afterwards', async () => {
  const home = await temporaryHome();
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const { code, stdout } = await runToEnd({ home, parameters: ['--port', String(port)] });
  expect(code).toBe(1);
  const byName = process.platform === 'linux' ? `process ${process.pid}` : String(port);
  expect(JSON.parse(stdout)).toEqual({ error: { code: 'port_taken', message: expect.stringContaining(byName) } });
  await new Promise((resolve) => holder.close(resolve));
  const app = await startApp({ home, parameters: ['--port', String(port)] });
  expect(app.gateway).toBe(`http://127.0.0.1:${port}`);
  expect(await app.stop()).toBe(0);
});

const launchers = fileURLToPath(new URL('../../../bin', import.meta.url));

/** A Node of this machine that is too old, if there is one. */
const oldNode = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, process.platform === 'win32' ? 'node.exe' : 'node'))
  .find(
    (path) => Number(/^v(\d+)/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 24) < 24,
  );

describe.runIf(oldNode !== undefined)('started with a Node that is too old', () => {
  async function installation(): Promise<string> {
    const root = await temporaryHome();
    for (const folder of ['bin', 'out/main', 'node_modules/.bin']) mkdirSync(join(root, folder), { recursive: true });
    cpSync(launchers, join(root, 'bin'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{"type":"module"}');
    writeFileSync(join(root, 'out', 'main', 'cli.js'), 'console.log(process.version, ...process.argv.slice(2));');
    return root;
  }
  const run = (root: string) =>
    spawnSync(oldNode ?? '', [join(root, 'bin', 'corvusllm.mjs'), 'status'], { encoding: 'utf8' });

  test('the command goes on in the Node that was installed with it', async () => {
    const root = await installation();
    symlinkSync(process.execPath, join(root, 'node_modules', '.bin', 'node'));
    expect(run(root)).toMatchObject({ status: 0, stdout: `${process.version} status\n`, stderr: '' });
  });

  test('without one it says which it needs and how to get it', async () => {
    const { status, stdout, stderr } = run(await installation());
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: Corvus needs Node 24 or newer; this is v\d+.*Run `npm ci` in .*\n$/);
  });
});
