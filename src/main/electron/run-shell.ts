import { join } from 'node:path';
import type { Core } from '#core/core.ts';
import type { Logger } from '#shared/ports.ts';
import type { OpenExternal, Paths, Ports, SandboxHost } from '#core/ports.ts';
import { fileSecretStore } from '../host/file-secret-store.ts';
import { nodeClock } from '../host/node-ports.ts';
import { serveApp } from './app-protocol.ts';
import { applySettings } from './apply-settings.ts';
import { parseDeepLink } from './deep-link.ts';
import type { ElectronApi } from './electron-api.ts';
import { type Engine, startEngine } from './engine.ts';
import { linkOpener, type TrustedAddresses } from './external-links.ts';
import { hostIpc } from './ipc-host.ts';
import { createMainWindow, type MainWindow } from './main-window.ts';
import { setApplicationMenu } from './menu.ts';
import { guardNavigation, guardSession } from './navigation-guard.ts';
import { systemNotifications } from './notifications.ts';
import { wasOpenedAtLogin } from './open-at-login.ts';
import { quitInOrder } from './quit.ts';
import { openSecretStore } from './safe-storage.ts';
import { showTray } from './tray.ts';
import type { ShellHost, LinkInbox } from './shell-host.ts';

export interface RunningShell {
  gatewayUrl: string;
  core: Core;
}

/**
 * Electron is ready: engine, guards, window, tray. Throws when something cannot start; nothing is left running then.
 */
export async function runShell(electron: ElectronApi, host: ShellHost, links: LinkInbox): Promise<RunningShell> {
  // The engine's ports need the window and the account, which exist only after it: bound late.
  const late: Late = { showBilling: () => {}, trusted: async () => ({ origins: [], links: [] }), sandboxOrigin: null };
  const engine = await startEngine({
    ...host,
    withSandbox: true,
    shellPorts: (paths, logger) => shellPorts(electron, host, late, paths, logger),
  });
  const { core, gatewayUrl, logger } = engine;
  try {
    // Logged before the message appears and the app ends.
    host.process.prependListener('uncaughtException', (cause) => {
      logger.error('crashed', { cause });
      logger.flush();
    });
    late.trusted = () => trustedAddresses(core, late.sandboxOrigin);
    const window = await openShell(electron, host, engine, late, links);
    late.showBilling = () => window.show('/billing');
    return { gatewayUrl, core };
  } catch (error) {
    logger.error('start.failed', { cause: error });
    await engine.stop();
    throw error;
  }
}

async function openShell(
  electron: ElectronApi,
  host: ShellHost,
  engine: Engine,
  late: Late,
  links: LinkInbox,
): Promise<MainWindow> {
  const { core, gatewayUrl, logger } = engine;
  const { platform } = host;
  const openLink = linkOpener({ shell: electron.shell, logger, trusted: () => late.trusted() }).open;
  // Guards first: nothing may open unguarded.
  guardNavigation({ app: electron.app, logger, openLink: (url) => void openLink(url).catch(() => undefined) });
  guardSession(electron.session.defaultSession, logger);
  serveApp(electron.protocol, host.installation.rendererFolder);

  const settings = await applySettings(electron, host, engine);
  const quit = quitInOrder(electron.app, engine, () => window.hide());
  const window = openWindow(electron, host, engine, () => !quit.isQuitting() && settings.current().closeToTray);
  electron.app.on('window-all-closed', () => {
    if (platform !== 'darwin' && !settings.current().closeToTray) electron.app.quit();
  });
  const tray = { electron, core, clock: nodeClock, logger, platform, iconFolder: iconFolder(host), gatewayUrl };
  // A desktop without a tray still has the window.
  await showTray({ ...tray, showWindow: (page) => window.show(page) }).catch((cause: unknown) =>
    logger.warn('tray.failed', { cause }),
  );
  if (!wasOpenedAtLogin(electron.app, platform, host.parameters)) window.show();
  connectWindow(electron, host, engine, window, links, openLink);
  return window;
}

interface Late {
  showBilling: () => void;
  trusted: () => Promise<TrustedAddresses>;
  sandboxOrigin: string | null;
}

async function shellPorts(
  electron: ElectronApi,
  host: ShellHost,
  late: Late,
  paths: Paths,
  logger: Logger,
): Promise<Pick<Ports, 'secrets' | 'notify' | 'openExternal' | 'sandbox'>> {
  const fileStore = fileSecretStore({ home: paths.home, passphrase: host.environment['CORVUSLLM_PASSPHRASE'], logger });
  return {
    secrets: await openSecretStore({
      safeStorage: electron.safeStorage,
      platform: host.platform,
      path: join(paths.home, 'keychain.json'),
      fileStore,
      logger,
    }),
    // Notifications are about money, so a click leads to billing.
    notify: systemNotifications(electron.Notification, logger, () => late.showBilling()),
    openExternal: linkOpener({ shell: electron.shell, logger, trusted: () => late.trusted() }),
    sandbox: rememberingSandbox(host.sandbox, late),
  };
}

/** Its test checkout is a page on a port that only this process knows. */
function rememberingSandbox(sandbox: SandboxHost, late: Late): SandboxHost {
  return {
    async start(options) {
      const running = await sandbox.start(options);
      late.sandboxOrigin = running.baseUrl;
      return running;
    },
  };
}

/**
 * What the connected account has named, and where providers hand out keys. A part that cannot be asked now is not
 * trusted now.
 */
async function trustedAddresses({ handlers }: Core, sandboxOrigin: string | null): Promise<TrustedAddresses> {
  const [account, orders, balance, catalogue] = await Promise.allSettled([
    handlers['account.get'](undefined),
    handlers['billing.orders'](undefined),
    handlers['balance.get']({ refresh: false }),
    handlers['providers.catalogue'](undefined),
  ]);
  const origins = [sandboxOrigin, account.status === 'fulfilled' ? account.value.baseUrl : null];
  const topup = balance.status === 'fulfilled' && 'topupUrl' in balance.value ? balance.value.topupUrl : null;
  const checkouts = orders.status === 'fulfilled' ? orders.value.map((order) => order.checkoutUrl) : [];
  const keyPages = catalogue.status === 'fulfilled' ? catalogue.value.map(({ keyUrl }) => keyUrl) : [];
  const links = [topup, ...checkouts, ...keyPages].filter((link) => link !== null);
  return { origins: origins.filter((origin) => origin !== null), links };
}

function openWindow(
  electron: ElectronApi,
  { installation }: ShellHost,
  { paths, logger }: Engine,
  hidesOnClose: () => boolean,
): MainWindow {
  return createMainWindow({
    electron,
    preloadPath: join(installation.rendererFolder, '..', 'preload', 'index.cjs'),
    iconPath: join(iconFolder({ installation }), 'icon.png'),
    boundsPath: join(paths.home, 'window.json'),
    clock: nodeClock,
    logger,
    hidesOnClose,
  });
}

/** Everything that brings the window up or feeds it. */
function connectWindow(
  electron: ElectronApi,
  host: ShellHost,
  { core, logger }: Engine,
  window: MainWindow,
  links: LinkInbox,
  openLink: OpenExternal['open'],
): void {
  hostIpc({
    ipcMain: electron.ipcMain,
    core,
    logger,
    isOwnContents: (id) => window.isOwnContents(id),
    send: window.send,
  });
  setApplicationMenu({ electron, platform: host.platform, showWindow: window.show, openLink });
  electron.app.on('activate', () => window.show());
  links.open(
    (link) => {
      const target = parseDeepLink(link);
      if (target) return window.show(target.page);
      core.handlers['links.open']({ link }).then(
        // The page shows what the link sets, and asks.
        () => window.show(),
        // Without what comes after the name, which can be a key.
        () => logger.warn('link.ignored', { link: link.split('?', 1)[0]?.slice(0, 200) }),
      );
    },
    () => window.show(),
  );
  // Connections and figures are stale after sleep. Calls that still run keep their connection, so nothing waits for the
  // reset.
  electron.powerMonitor.on('resume', () => {
    core.resetConnections().catch((cause: unknown) => logger.warn('connections.not-reset', { cause }));
    core.handlers['balance.get']({ refresh: true }).catch((cause: unknown) =>
      logger.warn('balance.not-refreshed', { cause }),
    );
  });
}

function iconFolder({ installation }: Pick<ShellHost, 'installation'>): string {
  return join(installation.rendererFolder, '..', '..', 'resources', 'icons');
}
