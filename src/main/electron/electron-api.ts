import type {} from 'electron';

/**
 * The part of Electron that the shell uses; it cannot compile against anything else. This list is what a reviewer has
 * to consider, and what the tests' stand-in implements. Members are Electron's own declarations and events must match
 * them where index.ts passes the real thing, so an upgrade that changes one breaks the build.
 */
export interface ElectronApi {
  app: ShellApp;
  BrowserWindow: new (options: Electron.BrowserWindowConstructorOptions) => ShellWindow;
  Menu: Pick<typeof Electron.Menu, 'buildFromTemplate' | 'setApplicationMenu'>;
  Notification: Pick<typeof Electron.Notification, 'isSupported'> &
    (new (options: Electron.NotificationConstructorOptions) => ShellNotification);
  Tray: new (image: Electron.NativeImage) => ShellTray;
  clipboard: Pick<Electron.Clipboard, 'writeText'>;
  dialog: Pick<Electron.Dialog, 'showErrorBox' | 'showMessageBox'>;
  ipcMain: Pick<Electron.IpcMain, 'handle'>;
  nativeImage: Pick<typeof Electron.nativeImage, 'createFromPath'>;
  nativeTheme: ShellTheme;
  powerMonitor: ShellPowerMonitor;
  protocol: Pick<Electron.Protocol, 'handle' | 'registerSchemesAsPrivileged'>;
  safeStorage: ShellSafeStorage;
  screen: Pick<Electron.Screen, 'getAllDisplays'>;
  session: { readonly defaultSession: ShellSession };
  shell: Pick<Electron.Shell, 'openExternal'>;
}

/** An event that can be refused. */
type Refusable = Pick<Electron.Event, 'preventDefault'>;

export interface ShellApp extends Pick<
  Electron.App,
  | 'enableSandbox'
  | 'exit'
  | 'getLoginItemSettings'
  | 'isPackaged'
  | 'quit'
  | 'requestSingleInstanceLock'
  | 'setAppUserModelId'
  | 'setAsDefaultProtocolClient'
  | 'setLoginItemSettings'
  | 'setName'
  | 'setPath'
  | 'whenReady'
> {
  on(event: 'activate' | 'window-all-closed', listener: () => void): unknown;
  on(event: 'before-quit', listener: (event: Refusable) => void): unknown;
  on(event: 'open-url', listener: (event: Refusable, url: string) => void): unknown;
  on(event: 'second-instance', listener: (event: Refusable, parameters: string[]) => void): unknown;
  on(event: 'web-contents-created', listener: (event: Refusable, contents: ShellContents) => void): unknown;
}

export interface ShellWindow extends Pick<
  Electron.BrowserWindow,
  | 'focus'
  | 'getNormalBounds'
  | 'hide'
  | 'isDestroyed'
  | 'isMaximized'
  | 'isMinimized'
  | 'loadURL'
  | 'maximize'
  | 'restore'
  | 'setBackgroundColor'
  | 'show'
> {
  readonly webContents: ShellContents;
  on(event: 'close', listener: (event: Refusable) => void): unknown;
  once(event: 'ready-to-show', listener: () => void): unknown;
}

export interface ShellContents extends Pick<
  Electron.WebContents,
  'id' | 'isDestroyed' | 'reload' | 'send' | 'setWindowOpenHandler'
> {
  on(
    event: 'will-frame-navigate' | 'will-navigate' | 'will-redirect',
    listener: (details: Refusable & { url: string }) => void,
  ): unknown;
  on(event: 'will-attach-webview', listener: (event: Refusable) => void): unknown;
  on(
    event: 'render-process-gone',
    listener: (event: Refusable, details: Electron.RenderProcessGoneDetails) => void,
  ): unknown;
}

export interface ShellSession extends Pick<
  Electron.Session,
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setPermissionRequestHandler'
> {
  on(event: 'will-download', listener: (event: Refusable, item: { getURL(): string }) => void): unknown;
}

export type ShellSafeStorage = Pick<
  Electron.SafeStorage,
  'decryptStringAsync' | 'encryptStringAsync' | 'getSelectedStorageBackend' | 'isAsyncEncryptionAvailable'
>;

export interface ShellTheme extends Pick<Electron.NativeTheme, 'shouldUseDarkColors' | 'themeSource'> {
  on(event: 'updated', listener: () => void): unknown;
}

export interface ShellPowerMonitor {
  on(event: 'resume', listener: () => void): unknown;
}

export interface ShellTray extends Pick<Electron.Tray, 'setContextMenu' | 'setImage' | 'setTitle' | 'setToolTip'> {
  on(event: 'click', listener: () => void): unknown;
}

export interface ShellNotification extends Pick<Electron.Notification, 'show'> {
  on(event: 'click', listener: () => void): unknown;
}
