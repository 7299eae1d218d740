import type { OpenExternal } from '#core/ports.ts';
import { appPages, type PagePath } from '#shared/contract/app-pages.ts';
import type { ElectronApi } from './electron-api.ts';

export interface MenuOptions {
  electron: Pick<ElectronApi, 'Menu' | 'app'>;
  platform: NodeJS.Platform;
  showWindow: (page: PagePath) => void;
  openLink: OpenExternal['open'];
}

type Item = Electron.MenuItemConstructorOptions;

// Settings have an entry of their own, where each platform expects it.
const pages = appPages.filter(({ path }) => path !== '/settings');
const helpUrl = 'https://corvusllm.com/docs/getting-started/before-you-buy';

/**
 * The application menu: on macOS at the top of the screen, elsewhere behind Alt, and everywhere the keyboard shortcuts.
 */
export function setApplicationMenu(options: MenuOptions): void {
  const { electron, platform } = options;
  const isMac = platform === 'darwin';
  const template: Item[] = [
    ...(isMac ? [macAppMenu(options)] : [fileMenu(options)]),
    { role: 'editMenu' },
    { label: 'Go', submenu: pages.map(({ name, path }, index) => pageItem(options, name, path, shortcut(index))) },
    viewMenu(electron.app.isPackaged),
    { role: 'windowMenu' },
    helpMenu(options),
  ];
  electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(template));
}

/** Digits end at nine; zero sets the zoom back. */
function shortcut(index: number): string | null {
  return index < 9 ? `CmdOrCtrl+${index + 1}` : null;
}

function pageItem({ showWindow }: MenuOptions, label: string, page: PagePath, accelerator: string | null): Item {
  return { label, ...(accelerator === null ? {} : { accelerator }), click: () => showWindow(page) };
}

function macAppMenu(options: MenuOptions): Item {
  return {
    label: 'Corvus',
    submenu: [
      { role: 'about' },
      { type: 'separator' },
      pageItem(options, 'Settings…', '/settings', 'Cmd+,'),
      { type: 'separator' },
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      { type: 'separator' },
      { role: 'quit' },
    ],
  };
}

function fileMenu(options: MenuOptions): Item {
  return {
    label: 'File',
    submenu: [
      pageItem(options, 'Settings…', '/settings', 'Ctrl+,'),
      { type: 'separator' },
      { role: 'close' },
      { label: 'Quit Corvus', accelerator: 'Ctrl+Q', click: () => options.electron.app.quit() },
    ],
  };
}

function viewMenu(isPackaged: boolean): Item {
  const forDevelopers: Item[] = isPackaged
    ? []
    : [{ type: 'separator' }, { role: 'reload' }, { role: 'toggleDevTools' }];
  return {
    label: 'View',
    submenu: [
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { type: 'separator' },
      { role: 'togglefullscreen' },
      ...forDevelopers,
    ],
  };
}

function helpMenu({ openLink }: MenuOptions): Item {
  // A refusal is logged already.
  return {
    role: 'help',
    submenu: [{ label: 'Documentation', click: () => void openLink(helpUrl).catch(() => undefined) }],
  };
}
