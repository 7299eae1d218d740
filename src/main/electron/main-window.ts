import type { Clock, Logger } from '#shared/ports.ts';
import type { PagePath } from '#shared/contract/app-pages.ts';
import { pageUrl } from './app-protocol.ts';
import { recoverFromCrashes } from './crash-recovery.ts';
import type { ElectronApi, ShellWindow } from './electron-api.ts';
import { minimumSize, openingBounds, readWindowBounds, writeWindowBounds } from './window-bounds.ts';

export interface MainWindowOptions {
  electron: ElectronApi;
  preloadPath: string;
  iconPath: string;
  boundsPath: string;
  clock: Clock;
  logger: Logger;
  /** Whether closing leaves the app in the tray, asked at each close. */
  hidesOnClose: () => boolean;
}

export interface MainWindow {
  /** Brings the window to the front, making it where there is none. */
  show(page?: PagePath | null): void;
  /** Sends an event to the page, if one is open. */
  send(channel: string, name: string, payload: unknown): void;
  isOwnContents(id: number): boolean;
  /** Out of sight while the app ends. */
  hide(): void;
}

// The page's own background in each theme, so that opening does not flash.
const backgrounds = { light: '#ffffff', dark: '#0b0d10' } as const;

/** The one window of Corvus: made when first shown, and again after it was closed. */
export function createMainWindow(options: MainWindowOptions): MainWindow {
  const { electron } = options;
  let open: ShellWindow | null = null;
  let isReady = false;

  electron.nativeTheme.on('updated', () => living()?.setBackgroundColor(background(electron)));

  function living(): ShellWindow | null {
    return open && !open.isDestroyed() ? open : null;
  }

  function make(page: PagePath): ShellWindow {
    const window = new electron.BrowserWindow(windowOptions(options));
    rememberBounds(window, options);
    recoverFromCrashes(window.webContents, options.clock, options.logger);
    isReady = false;
    window.once('ready-to-show', () => {
      isReady = true;
      window.show();
    });
    window.on('close', (event) => {
      if (!options.hidesOnClose()) return;
      event.preventDefault();
      window.hide();
    });
    load(window, page);
    open = window;
    return window;
  }

  function load(window: ShellWindow, page: PagePath): void {
    window
      .loadURL(pageUrl(page))
      .catch((cause: unknown) => options.logger.error('window.load-failed', { page, cause }));
  }

  return {
    show(page) {
      const window = living();
      if (!window) return void make(page ?? '/');
      if (page) load(window, page);
      // Not painted yet: it shows itself when it is.
      if (!isReady) return;
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
    send(channel, name, payload) {
      const contents = living()?.webContents;
      if (contents && !contents.isDestroyed()) contents.send(channel, name, payload);
    },
    isOwnContents: (id) => living()?.webContents.id === id,
    hide: () => living()?.hide(),
  };
}

function windowOptions({
  electron,
  preloadPath,
  iconPath,
  boundsPath,
}: MainWindowOptions): Electron.BrowserWindowConstructorOptions {
  const screens = electron.screen.getAllDisplays().map((display) => display.workArea);
  return {
    ...openingBounds(readWindowBounds(boundsPath), screens),
    minWidth: minimumSize.width,
    minHeight: minimumSize.height,
    title: 'Corvus',
    icon: iconPath,
    show: false,
    backgroundColor: background(electron),
    autoHideMenuBar: true,
    // Several are Electron's defaults, stated here so that a changed default cannot loosen them.
    webPreferences: {
      preload: preloadPath,
      contextIsolation: true,
      sandbox: true,
      webSecurity: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !electron.app.isPackaged,
    },
  };
}

function background(electron: ElectronApi): string {
  return electron.nativeTheme.shouldUseDarkColors ? backgrounds.dark : backgrounds.light;
}

function rememberBounds(window: ShellWindow, { boundsPath, logger }: MainWindowOptions): void {
  const isMaximizedBefore = readWindowBounds(boundsPath)?.isMaximized ?? false;
  if (isMaximizedBefore) window.once('ready-to-show', () => window.maximize());
  window.on('close', () => {
    const { x, y, width, height } = window.getNormalBounds();
    writeWindowBounds(boundsPath, { x, y, width, height, isMaximized: window.isMaximized() }).catch((cause: unknown) =>
      logger.warn('window.bounds-not-saved', { cause }),
    );
  });
}
