import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import type { SandboxHost } from '../../../src/main/core/ports.ts';
import type { RunningShell } from '../../../src/main/electron/run-shell.ts';
import { startShell } from '../../../src/main/electron/start-shell.ts';
import type { CorvusBridge } from '../../../src/shared/contract/bridge.ts';
import { createStandIn, type StandIn } from './stand-in/stand-in.ts';
import { createTestCore, type TestCore } from './test-core.ts';
import type { ShellHost } from '../../../src/main/electron/shell-host.ts';
import { testFolder } from '../../support/test-folder.ts';

export interface Fixture {
  standIn: StandIn;
  host: ShellHost;
  folder: string;
  home: string;
  /** Of the last start. */
  core(): TestCore;
  log(): Promise<string>;
}

export interface FixtureOptions {
  platform?: NodeJS.Platform;
  parameters?: readonly string[];
  prepareCore?: (core: TestCore) => void;
}

/** A data folder, built pages and an Electron of this test alone. */
export async function createFixture({
  platform = 'linux',
  parameters = [],
  prepareCore,
}: FixtureOptions = {}): Promise<Fixture> {
  const folder = await mkdtemp(join(testFolder, 'corvus-shell-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const rendererFolder = join(folder, 'out', 'renderer');
  await mkdir(join(rendererFolder, 'assets'), { recursive: true });
  await writeFile(join(rendererFolder, 'index.html'), '<!doctype html><title>Corvus</title>');
  await writeFile(join(rendererFolder, 'assets', 'index-abcdefgh.js'), 'export {};');
  await writeFile(join(folder, 'secret.txt'), 'not to be served');
  const standIn = createStandIn();
  const cores: TestCore[] = [];
  const host: ShellHost = {
    platform,
    environment: {},
    parameters: ['/opt/Corvus/corvus', ...parameters],
    execPath: '/opt/Corvus/corvus',
    userHome: folder,
    homePath: join(folder, 'home'),
    installation: { folder: '.', version: '1.2.3', rendererFolder },
    port: { from: 'given', port: 0 },
    createCore(options, ports) {
      const core = createTestCore(options, ports);
      prepareCore?.(core);
      cores.push(core);
      return core;
    },
    sandbox: noSandbox,
    process: new EventEmitter() as EventEmitter & Pick<NodeJS.Process, 'on' | 'prependListener'>,
  };
  return {
    standIn,
    host,
    folder,
    home: host.homePath,
    core() {
      const core = cores.at(-1);
      if (!core) throw new Error('The core was not made.');
      return core;
    },
    log: () => readFile(join(host.homePath, 'corvusllm.log'), 'utf8'),
  };
}

const noSandbox: SandboxHost = { start: () => Promise.reject(new Error('not in this test')) };

/** Starts the shell, with the end of the test as its end. */
export async function startFixture(fixture: Fixture): Promise<RunningShell> {
  const starting = startShell(fixture.standIn.electron, fixture.host);
  fixture.standIn.app.becomeReady();
  const shell = await starting;
  if (!shell) throw new Error(`The shell did not start: ${JSON.stringify(fixture.standIn.errorBoxes)}`);
  onTestFinished(() => quitAndWait(fixture));
  return shell;
}

export async function quitAndWait({ standIn }: Fixture): Promise<void> {
  if (!standIn.app.hasQuit) standIn.electron.app.quit();
  await eventually(() => {
    if (!standIn.app.hasQuit) throw new Error('still running');
  });
}

export async function runningShell(options: FixtureOptions = {}): Promise<Fixture & { shell: RunningShell }> {
  const fixture = await createFixture(options);
  return { ...fixture, shell: await startFixture(fixture) };
}

/** Runs the real preload script in the window and hands out what it put there for the page. */
export async function loadPreload({ standIn }: Fixture): Promise<CorvusBridge> {
  vi.resetModules();
  vi.doMock('electron', () => ({ contextBridge: standIn.contextBridge, ipcRenderer: standIn.ipcRenderer }));
  await import('../../../src/preload/index.ts');
  vi.doUnmock('electron');
  standIn.ipcRenderer.attach();
  return standIn.contextBridge.exposed.get('corvus') as CorvusBridge;
}
