import { EventEmitter } from 'node:events';
import type { ElectronApi } from '../../../../src/main/electron/electron-api.ts';
import { StandInApp } from './app.ts';
import { StandInContextBridge, StandInIpcMain, StandInIpcRenderer } from './ipc.ts';
import { recorded, type Recorder } from './recorder.ts';
import { StandInSafeStorage } from './safe-storage.ts';
import {
  createImage,
  StandInMenu,
  StandInNotification,
  StandInProtocol,
  StandInSession,
  StandInTheme,
  StandInTray,
} from './system.ts';
import { type StandInContents, StandInWindow } from './window.ts';

const screenArea = { x: 0, y: 0, width: 1920, height: 1040 };

/**
 * Electron without Electron: what the shell uses of it, typed by Electron's own declarations, and handles for a test to
 * pull.
 */
export function createStandIn() {
  const used: Recorder = new Set();
  const app = new StandInApp();
  const menu = new StandInMenu();
  const safeStorage = new StandInSafeStorage();
  const session = new StandInSession();
  const theme = new StandInTheme();
  const powerMonitor = new EventEmitter();
  const ipcMain = new StandInIpcMain();
  const contextBridge = new StandInContextBridge();
  const protocol = new StandInProtocol();
  protocol.isReady = () => app.isReady;
  const trays: StandInTray[] = [];
  const notifications: StandInNotification[] = [];
  const opened: string[] = [];
  const errorBoxes: { title: string; content: string }[] = [];
  const clipboard = { text: '' };
  const screens = { areas: [screenArea], canNotify: true };

  class RecordedWindow extends StandInWindow {
    constructor(options: Electron.BrowserWindowConstructorOptions) {
      super(options, app, used);
      return recorded<RecordedWindow>('BrowserWindow', this, used);
    }
  }
  class RecordedTray extends StandInTray {
    constructor(image: Electron.NativeImage) {
      super(image);
      trays.push(this);
      return recorded<RecordedTray>('Tray', this, used);
    }
  }
  class RecordedNotification extends StandInNotification {
    constructor(options: Electron.NotificationConstructorOptions) {
      super(options);
      notifications.push(this);
      return recorded<RecordedNotification>('Notification', this, used);
    }
    static isSupported(): boolean {
      used.add('Notification.isSupported');
      return screens.canNotify;
    }
  }
  const displays = () => screens.areas.map((area) => ({ workArea: area }) as Electron.Display);

  const electron: ElectronApi = {
    app: recorded('App', app, used),
    BrowserWindow: RecordedWindow,
    Menu: recorded('Menu', menu, used),
    Notification: RecordedNotification,
    Tray: RecordedTray,
    clipboard: recorded('Clipboard', { writeText: async (text: string) => void (clipboard.text = text) }, used),
    dialog: recorded(
      'Dialog',
      {
        showErrorBox: (title: string, content: string) => void errorBoxes.push({ title, content }),
        // The person takes the first choice.
        showMessageBox: async () => ({ response: 0, checkboxChecked: false }),
      },
      used,
    ),
    ipcMain: recorded('IpcMain', ipcMain, used),
    nativeImage: recorded('nativeImage', { createFromPath: createImage }, used),
    nativeTheme: recorded('NativeTheme', theme, used),
    powerMonitor: recorded('PowerMonitor', powerMonitor, used),
    protocol: recorded('Protocol', protocol, used),
    safeStorage: recorded('SafeStorage', safeStorage, used),
    screen: recorded('Screen', { getAllDisplays: displays }, used),
    session: { defaultSession: recorded('Session', session, used) },
    shell: recorded('Shell', { openExternal: async (url: string) => void opened.push(url) }, used),
  };

  /** The contents of the window that is open. */
  function contents(): StandInContents {
    const [window] = app.windows;
    if (!window) throw new Error('No window is open.');
    return window.contents;
  }
  const ipcRenderer = new StandInIpcRenderer(ipcMain, contents);

  return {
    electron,
    used,
    app,
    menu,
    safeStorage,
    session,
    theme,
    powerMonitor,
    ipcMain,
    ipcRenderer,
    contextBridge,
    protocol,
    trays,
    notifications,
    opened,
    errorBoxes,
    clipboard,
    screens,
    contents,
  };
}

export type StandIn = ReturnType<typeof createStandIn>;
