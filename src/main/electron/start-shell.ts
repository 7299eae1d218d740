import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CorvusError } from '#shared/errors.ts';
import { storageError } from '../host/atomic-file.ts';
import { registerAppScheme } from './app-protocol.ts';
import { linksAmong, linkScheme } from './deep-link.ts';
import type { ElectronApi } from './electron-api.ts';
import { type RunningShell, runShell } from './run-shell.ts';
import type { ShellHost, LinkInbox } from './shell-host.ts';

const defect = 'Something failed inside Corvus. The file corvusllm.log in the data folder says what; please report it.';
const appUserModelId = 'com.corvusllm.desktop';

/**
 * Runs the desktop app on a data folder. The part before the first await must stay synchronous: Electron takes these
 * settings only before it is ready. Resolves with the running shell, or null when another instance runs or the app
 * could not start (the user has seen why).
 */
export async function startShell(electron: ElectronApi, host: ShellHost): Promise<RunningShell | null> {
  const { app } = electron;
  const problem = prepare(electron, host);
  if (problem === null && !app.requestSingleInstanceLock()) {
    // The first instance was handed our arguments and comes to the front.
    app.quit();
    return null;
  }
  const links = collectLinks(electron, host);
  // Electron's own answer to a defect is a window with a stack.
  host.process.on('uncaughtException', () => {
    electron.dialog.showErrorBox('Corvus ended', defect);
    app.exit(1);
  });
  await app.whenReady();
  try {
    if (problem !== null) throw problem;
    return await runShell(electron, host, links).catch(async (error: unknown) => {
      const port = await offeredPort(electron, error);
      if (port === null) throw error;
      return runShell(electron, { ...host, port: { from: 'setting', moveTo: port } }, links);
    });
  } catch (error) {
    electron.dialog.showErrorBox('Corvus cannot start', sentence(error));
    app.exit(1);
    return null;
  }
}

/** Everything Electron takes only before it is ready. Returns why the data folder cannot be used, or null. */
function prepare({ app, protocol }: ElectronApi, { homePath, platform, execPath }: ShellHost): unknown {
  app.setName('Corvus');
  app.enableSandbox();
  registerAppScheme(protocol);
  if (platform === 'win32') app.setAppUserModelId(appUserModelId);
  // "--" ends the switches: nothing in a link can become one.
  if (app.isPackaged) app.setAsDefaultProtocolClient(linkScheme, execPath, ['--']);
  try {
    // Chromium's own files, in a corner of the data folder: two folders are two independent apps.
    const userData = join(homePath, 'electron');
    mkdirSync(userData, { recursive: true, mode: 0o700 });
    app.setPath('userData', userData);
    return null;
  } catch (error) {
    return storageError(`The data folder ${homePath}`, error);
  }
}

function collectLinks({ app }: ElectronApi, { parameters }: ShellHost): LinkInbox {
  const waiting = linksAmong(parameters.slice(1));
  let deliver: (link: string) => void = (link) => waiting.push(link);
  let started = () => {};
  // macOS hands links over as events, everything else as arguments.
  app.on('open-url', (event, link) => {
    event.preventDefault();
    deliver(link);
  });
  app.on('second-instance', (_event, argv) => {
    started();
    for (const link of linksAmong(argv.slice(1))) deliver(link);
  });
  return {
    open(onLink, onSecondStart) {
      deliver = onLink;
      started = onSecondStart;
      for (const link of waiting.splice(0)) onLink(link);
    },
  };
}

/**
 * Where the port is taken, the next free one, if the person wants it; null: they do not, or it failed for another
 * reason.
 */
async function offeredPort({ dialog }: ElectronApi, error: unknown): Promise<number | null> {
  const free = error instanceof CorvusError && error.code === 'port_taken' ? error.details.body?.['free'] : null;
  if (typeof free !== 'number') return null;
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: sentence(error),
    detail: `With port ${free} from now on, the settings of connected tools are changed to it at once.`,
    buttons: [`Use port ${free}`, 'Quit'],
    defaultId: 0,
    cancelId: 1,
  });
  return response === 0 ? free : null;
}

/** What the user sees; never a stack. */
function sentence(error: unknown): string {
  if (error instanceof CorvusError && error.code !== 'internal_error') return error.message;
  return defect;
}
