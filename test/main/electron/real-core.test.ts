import { EventEmitter } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { createStandIn } from './stand-in/stand-in.ts';
import { testFolder } from '../../support/test-folder.ts';

afterEach(() => {
  vi.doUnmock('electron');
  vi.unstubAllEnvs();
});

test('the real shell, preload and core: a page sees the sandbox balance', { timeout: 60_000 }, async () => {
  const home = await mkdtemp(join(testFolder, 'corvus-real-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const [{ startShell }, { createCore }, { sandbox }, { findInstallation }, { loadPreload, quitAndWait }] =
    await Promise.all([
      import('../../../src/main/electron/start-shell.ts'),
      import('../../../src/main/core/create-core.ts'),
      import('../../../src/main/sandbox.ts'),
      import('../../../src/main/host/installation.ts'),
      import('./shell-fixture.ts'),
    ]);
  const standIn = createStandIn();
  const host = {
    platform: 'linux' as const,
    environment: {},
    parameters: ['corvus'],
    execPath: '/opt/Corvus/corvus',
    userHome: home,
    homePath: join(home, 'corvusllm'),
    installation: findInstallation(import.meta.dirname),
    port: { from: 'given' as const, port: 0 },
    createCore,
    sandbox,
    process: new EventEmitter() as EventEmitter & Pick<NodeJS.Process, 'on' | 'prependListener'>,
  };
  const starting = startShell(standIn.electron, host);
  standIn.app.becomeReady();
  const shell = await starting;
  expect(standIn.errorBoxes).toEqual([]);
  const fixture = {
    standIn,
    host,
    folder: home,
    home: host.homePath,
    core: () => Promise.reject(new Error('real')) as never,
    log: async () => '',
  };
  try {
    const corvus = await loadPreload(fixture);
    const status = await corvus.call('app.status', undefined);
    expect(status).toMatchObject({ ok: true, value: { mode: 'sandbox', gatewayUrl: shell?.gatewayUrl } });
    await eventually(async () => {
      const balance = await corvus.call('balance.get', { refresh: true });
      expect(balance).toMatchObject({ ok: true, value: { state: 'confirmed', isPlayMoney: true } });
    });
    await eventually(() => expect(standIn.trays[0]?.toolTip).toMatch(/\$\d+\.\d\d play money to spend/));
  } finally {
    await quitAndWait(fixture);
  }
});

test('the entry hands Electron over and takes the data folder from the environment', async () => {
  const home = await mkdtemp(join(testFolder, 'corvus-entry-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  vi.stubEnv('CORVUSLLM_HOME', join(home, 'corvusllm'));
  const standIn = createStandIn();
  // Another instance has the lock: the entry ends before it starts an engine on this machine's port.
  standIn.app.hasLock = false;
  vi.doMock('electron', () => standIn.electron);
  const umask = process.umask();
  try {
    await import('../../../src/main/electron/index.ts');
  } finally {
    process.umask(umask);
  }
  expect(standIn.app).toMatchObject({
    isSandboxed: true,
    quitCount: 1,
    paths: { userData: join(home, 'corvusllm', 'electron') },
  });
  expect(await readdir(join(home, 'corvusllm'))).toEqual(['electron']);
});
