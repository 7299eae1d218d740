import type {} from 'electron';

/**
 * The part of Electron that the shell uses, and nothing else compiles against it: what a reviewer has to think about and what the
 * stand-in of the tests implements are this list. Every member is Electron's own declaration, so an upgrade that changes one breaks the build.
 */
export interface ElectronApi {
  app: ShellApp;
  BrowserWindow: new (options: Electron.BrowserWindowConstructorOptions) => ShellWindow;
  Menu: Pick<typeof Electron.Menu, 'buildFromTemplate' | 'setApplicationMenu'>;
  Notification: Pick<typeof Electron.Notification, 'isSupported'> &
    (new (options: Electron.NotificationConstructorOptions) => ShellNotification);
  Tray: new (image: Electron.NativeImage) => ShellTray;
  clipboard: Pick<Electron.Clipboard, 'writeText'>;
  dialog: Pick<Electron.Dialog, 'showErrorBox'>;
  ipcMain: Pick<Electron.IpcMain, 'handle'>;
  nativeImage: Pick<typeof Electron.nativeImage, 'createFromPath'>;
  nativeTheme: Pick<Electron.NativeTheme, 'on' | 'shouldUseDarkColors' | 'themeSource'>;
  powerMonitor: Pick<Electron.PowerMonitor, 'on'>;
  protocol: Pick<Electron.Protocol, 'handle' | 'registerSchemesAsPrivileged'>;
  safeStorage: ShellSafeStorage;
  screen: Pick<Electron.Screen, 'getAllDisplays'>;
  session: { readonly defaultSession: ShellSession };
  shell: Pick<Electron.Shell, 'openExternal'>;
}

export type ShellApp = Pick<
  Electron.App,
  | 'enableSandbox'
  | 'exit'
  | 'getLoginItemSettings'
  | 'isPackaged'
  | 'on'
  | 'quit'
  | 'requestSingleInstanceLock'
  | 'setAppUserModelId'
  | 'setAsDefaultProtocolClient'
  | 'setLoginItemSettings'
  | 'setName'
  | 'setPath'
  | 'whenReady'
>;

export type ShellWindow = Pick<
  Electron.BrowserWindow,
  | 'focus'
  | 'getNormalBounds'
  | 'hide'
  | 'isDestroyed'
  | 'isMaximized'
  | 'isMinimized'
  | 'loadURL'
  | 'maximize'
  | 'on'
  | 'once'
  | 'restore'
  | 'setBackgroundColor'
  | 'show'
> & { readonly webContents: ShellContents };

export type ShellContents = Pick<Electron.WebContents, 'id' | 'isDestroyed' | 'on' | 'reload' | 'send' | 'setWindowOpenHandler'>;

export type ShellSession = Pick<
  Electron.Session,
  'on' | 'setDevicePermissionHandler' | 'setDisplayMediaRequestHandler' | 'setPermissionCheckHandler' | 'setPermissionRequestHandler'
>;

export type ShellSafeStorage = Pick<
  Electron.SafeStorage,
  'decryptStringAsync' | 'encryptStringAsync' | 'getSelectedStorageBackend' | 'isAsyncEncryptionAvailable'
>;

export type ShellTray = Pick<Electron.Tray, 'on' | 'setContextMenu' | 'setImage' | 'setTitle' | 'setToolTip'>;
export type ShellNotification = Pick<Electron.Notification, 'on' | 'show'>;
