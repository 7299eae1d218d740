import { EventEmitter } from 'node:events';
import type { ShellApp } from '../../../../src/main/electron/electron-api.ts';
import { StandInEvent } from './recorder.ts';
import type { StandInWindow } from './window.ts';

export class StandInApp extends EventEmitter implements ShellApp {
  isPackaged = true;
  isReady = false;
  isSandboxed = false;
  name = '';
  paths: Record<string, string> = {};
  /** False: another instance has the lock. */
  hasLock = true;
  quitCount = 0;
  exitCode: number | null = null;
  hasQuit = false;
  protocolClient: { protocol: string; path: string | undefined; parameters: string[] | undefined } | null = null;
  loginItem: Electron.Settings | null = null;
  wasOpenedAtLogin = false;
  userModelId = '';
  /** Open now. */
  windows: StandInWindow[] = [];
  readonly everMade: StandInWindow[] = [];
  readonly ready = Promise.withResolvers<void>();

  becomeReady(): void {
    this.isReady = true;
    this.ready.resolve();
  }
  whenReady(): Promise<void> {
    return this.ready.promise;
  }
  setName(name: string): void {
    this.name = name;
  }
  setPath(name: string, path: string): void {
    this.paths[name] = path;
  }
  enableSandbox(): void {
    if (this.isReady) throw new Error('app.enableSandbox() can only be called before app is ready');
    this.isSandboxed = true;
  }
  requestSingleInstanceLock(): boolean {
    return this.hasLock;
  }
  setAppUserModelId(id: string): void {
    this.userModelId = id;
  }
  setAsDefaultProtocolClient(protocol: string, path?: string, parameters?: string[]): boolean {
    this.protocolClient = { protocol, path, parameters };
    return true;
  }
  setLoginItemSettings(settings: Electron.Settings): void {
    this.loginItem = settings;
  }
  getLoginItemSettings(): Electron.LoginItemSettings {
    const { wasOpenedAtLogin } = this;
    return {
      openAtLogin: wasOpenedAtLogin,
      wasOpenedAtLogin,
      status: 'enabled',
      executableWillLaunchAtLogin: false,
      launchItems: [],
    };
  }

  /** As Electron does it: ask, close the windows, ask again, go. */
  quit(): void {
    this.quitCount += 1;
    const event = new StandInEvent();
    this.emit('before-quit', event);
    if (event.isPrevented) return;
    for (const window of this.windows) if (!window.close()) return;
    this.hasQuit = true;
    this.emit('quit');
  }
  exit(code?: number): void {
    this.exitCode = code ?? 0;
  }
}
