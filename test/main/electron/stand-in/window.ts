import { EventEmitter } from 'node:events';
import type { ShellContents, ShellWindow } from '../../../../src/main/electron/electron-api.ts';
import type { StandInApp } from './app.ts';
import { recorded, type Recorder, StandInEvent } from './recorder.ts';

export type StandInFrame = Pick<Electron.WebFrameMain, 'detached' | 'isDestroyed' | 'parent' | 'url' | 'origin'>;
type WindowOpenHandler = Parameters<ShellContents['setWindowOpenHandler']>[0];

let nextId = 1;

export class StandInContents extends EventEmitter implements ShellContents {
  readonly id = nextId++;
  isGone = false;
  reloads = 0;
  sent: { channel: string; parameters: unknown[] }[] = [];
  mainFrame: StandInFrame = { detached: false, isDestroyed: () => false, parent: null, url: '', origin: 'null' };
  openHandler: WindowOpenHandler | null = null;

  isDestroyed(): boolean {
    return this.isGone;
  }
  reload(): void {
    this.reloads += 1;
  }
  send(channel: string, ...parameters: unknown[]): void {
    this.sent.push({ channel, parameters: structuredClone(parameters) });
    this.emit('stand-in:sent', channel, structuredClone(parameters));
  }
  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.openHandler = handler;
  }
  /** What the page tries; true when it may. */
  tries(
    event: 'will-navigate' | 'will-frame-navigate' | 'will-redirect' | 'will-attach-webview',
    url: string,
  ): boolean {
    const details = Object.assign(new StandInEvent(), { url });
    this.emit(event, details, url);
    return !details.isPrevented;
  }
  opensWindow(url: string): boolean {
    if (!this.openHandler) return true;
    const details: Electron.HandlerDetails = {
      url,
      frameName: '',
      features: '',
      disposition: 'new-window',
      referrer: { url: '', policy: 'default' },
    };
    return this.openHandler(details).action === 'allow';
  }
}

export class StandInWindow extends EventEmitter implements ShellWindow {
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly contents = new StandInContents();
  readonly webContents: ShellContents;
  readonly loaded: string[] = [];
  isShown = false;
  isFocused = false;
  isSmall = false;
  isLarge = false;
  isGone = false;
  /** The first paint was awaited. */
  isReadyHeard = false;
  backgroundColor = '';
  bounds = { x: 10, y: 20, width: 900, height: 700 };
  #app: StandInApp;

  constructor(options: Electron.BrowserWindowConstructorOptions, app: StandInApp, used: Recorder) {
    super();
    if (!app.isReady) throw new Error('Cannot create BrowserWindow before app is ready');
    this.options = options;
    this.#app = app;
    this.webContents = recorded('WebContents', this.contents, used);
    this.isShown = options.show ?? true;
    app.windows.push(this);
    app.everMade.push(this);
    app.emit('web-contents-created', new StandInEvent(), this.webContents);
  }

  async loadURL(url: string): Promise<void> {
    this.loaded.push(url);
    this.contents.mainFrame = { ...this.contents.mainFrame, url, origin: 'app://corvus' };
    await Promise.resolve();
    if (this.emit('ready-to-show')) this.isReadyHeard = true;
  }
  show(): void {
    this.isShown = true;
  }
  hide(): void {
    this.isShown = false;
  }
  focus(): void {
    this.isFocused = true;
  }
  isMinimized(): boolean {
    return this.isSmall;
  }
  restore(): void {
    this.isSmall = false;
  }
  isMaximized(): boolean {
    return this.isLarge;
  }
  maximize(): void {
    this.isLarge = true;
  }
  isDestroyed(): boolean {
    return this.isGone;
  }
  getNormalBounds(): Electron.Rectangle {
    return this.bounds;
  }
  setBackgroundColor(color: string): void {
    this.backgroundColor = color;
  }
  /** The person, or the app's end, closes it; false when it stays. */
  close(): boolean {
    if (this.isGone) return true;
    const event = new StandInEvent();
    this.emit('close', event);
    if (event.isPrevented) return false;
    this.isGone = true;
    this.contents.isGone = true;
    this.#app.windows = this.#app.windows.filter((window) => window !== this);
    if (this.#app.windows.length === 0) this.#app.emit('window-all-closed');
    return true;
  }
}
