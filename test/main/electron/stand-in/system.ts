import { EventEmitter } from 'node:events';
import type {
  ElectronApi,
  ShellNotification,
  ShellSession,
  ShellTray,
} from '../../../../src/main/electron/electron-api.ts';

export class StandInTray extends EventEmitter implements ShellTray {
  image: string;
  title = '';
  toolTip = '';
  menu: readonly Electron.MenuItemConstructorOptions[] = [];

  constructor(image: Electron.NativeImage) {
    super();
    this.image = imagePath(image);
  }
  setImage(image: Electron.NativeImage | string): void {
    this.image = typeof image === 'string' ? image : imagePath(image);
  }
  setTitle(title: string): void {
    this.title = title;
  }
  setToolTip(toolTip: string): void {
    this.toolTip = toolTip;
  }
  setContextMenu(menu: Electron.Menu | null): void {
    this.menu = templateOf(menu);
  }
  /** What happens when the person chooses an entry. */
  choose(label: string): void {
    chooseFrom(this.menu, label);
  }
}

export class StandInNotification extends EventEmitter implements ShellNotification {
  readonly options: Electron.NotificationConstructorOptions;
  isShown = false;
  constructor(options: Electron.NotificationConstructorOptions) {
    super();
    this.options = options;
  }
  show(): void {
    this.isShown = true;
  }
}

const templates = new WeakMap<object, readonly Electron.MenuItemConstructorOptions[]>();
const images = new WeakMap<object, string>();

export class StandInMenu {
  application: readonly Electron.MenuItemConstructorOptions[] = [];

  /** As strict as Electron: an entry needs a label, a role or a type. */
  buildFromTemplate(template: Electron.MenuItemConstructorOptions[]): Electron.Menu {
    for (const { label, role, type } of allItems(template)) {
      if (label === undefined && role === undefined && type !== 'separator')
        throw new TypeError('Invalid template for MenuItem: must have submenu for type undefined');
    }
    // The shell never looks into a menu: a mark is enough.
    const menu = {} as Electron.Menu;
    templates.set(menu, template);
    return menu;
  }
  setApplicationMenu(menu: Electron.Menu | null): void {
    this.application = templateOf(menu);
  }
  choose(label: string): void {
    chooseFrom(this.application, label);
  }
}

export function allItems(items: readonly Electron.MenuItemConstructorOptions[]): Electron.MenuItemConstructorOptions[] {
  return items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? allItems(item.submenu) : [])]);
}

function chooseFrom(items: readonly Electron.MenuItemConstructorOptions[], label: string): void {
  const item = allItems(items).find((candidate) => candidate.label === label);
  if (!item?.click) throw new Error(`There is no menu entry "${label}" to choose.`);
  // The entries of this app take no arguments.
  (item.click as () => void)();
}

function templateOf(menu: Electron.Menu | null): readonly Electron.MenuItemConstructorOptions[] {
  return (menu && templates.get(menu)) ?? [];
}

export function createImage(path: string): Electron.NativeImage {
  const image = {} as Electron.NativeImage;
  images.set(image, path);
  return image;
}

function imagePath(image: Electron.NativeImage): string {
  return images.get(image) ?? '';
}

type PermissionRequestHandler = NonNullable<Parameters<ShellSession['setPermissionRequestHandler']>[0]>;
type PermissionCheckHandler = NonNullable<Parameters<ShellSession['setPermissionCheckHandler']>[0]>;
type DeviceHandler = NonNullable<Parameters<ShellSession['setDevicePermissionHandler']>[0]>;
type DisplayHandler = NonNullable<Parameters<ShellSession['setDisplayMediaRequestHandler']>[0]>;

export class StandInSession extends EventEmitter implements ShellSession {
  requestHandler: PermissionRequestHandler | null = null;
  checkHandler: PermissionCheckHandler | null = null;
  deviceHandler: DeviceHandler | null = null;
  displayHandler: DisplayHandler | null = null;

  setPermissionRequestHandler(handler: PermissionRequestHandler | null): void {
    this.requestHandler = handler;
  }
  setPermissionCheckHandler(handler: PermissionCheckHandler | null): void {
    this.checkHandler = handler;
  }
  setDevicePermissionHandler(handler: DeviceHandler | null): void {
    this.deviceHandler = handler;
  }
  setDisplayMediaRequestHandler(handler: DisplayHandler | null): void {
    this.displayHandler = handler;
  }
}

export class StandInTheme extends EventEmitter {
  shouldUseDarkColors = false;
  #source: Electron.NativeTheme['themeSource'] = 'system';
  get themeSource(): Electron.NativeTheme['themeSource'] {
    return this.#source;
  }
  set themeSource(source: Electron.NativeTheme['themeSource']) {
    this.#source = source;
    this.shouldUseDarkColors = source === 'dark';
    this.emit('updated');
  }
}

type SchemeHandler = Parameters<ElectronApi['protocol']['handle']>[1];

export class StandInProtocol {
  isReady = () => false;
  schemes: Electron.CustomScheme[] = [];
  handlers = new Map<string, SchemeHandler>();

  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]): void {
    if (this.isReady()) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    this.schemes = schemes;
  }
  handle(scheme: string, handler: SchemeHandler): void {
    if (!this.isReady()) throw new Error('protocol.handle needs a ready app');
    if (this.handlers.has(scheme)) throw new TypeError(`Failed to register protocol: ${scheme}`);
    this.handlers.set(scheme, handler);
  }
}
