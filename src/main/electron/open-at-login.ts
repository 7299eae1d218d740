import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ShellApp } from './electron-api.ts';

/** Started by the system at login: only the tray is shown, and the window opens on demand. */
const startHiddenSwitch = '--hidden';

export interface OpenAtLoginOptions {
  app: ShellApp;
  platform: NodeJS.Platform;
  environment: NodeJS.ProcessEnv;
  userHome: string;
  execPath: string;
}

/** Makes the system start Corvus at login, or stops it from doing so. From sources there is no program to register. */
export async function setOpenAtLogin(isOn: boolean, options: OpenAtLoginOptions): Promise<void> {
  const { app, platform } = options;
  if (!app.isPackaged) return;
  if (platform === 'linux') return setLinuxAutostart(isOn, options);
  app.setLoginItemSettings(
    platform === 'win32' ? { openAtLogin: isOn, args: [startHiddenSwitch] } : { openAtLogin: isOn },
  );
}

export function wasOpenedAtLogin(app: ShellApp, platform: NodeJS.Platform, parameters: readonly string[]): boolean {
  return (
    parameters.includes(startHiddenSwitch) || (platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin)
  );
}

/** Electron has no call for this on Linux; desktops read the XDG autostart folder. */
async function setLinuxAutostart(
  isOn: boolean,
  { environment, userHome, execPath }: OpenAtLoginOptions,
): Promise<void> {
  const path = join(environment['XDG_CONFIG_HOME'] || join(userHome, '.config'), 'autostart', 'corvusllm.desktop');
  if (!isOn) return rm(path, { force: true });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, desktopEntry(environment['APPIMAGE'] || execPath));
}

function desktopEntry(program: string): string {
  // Quoting inside Exec, and then again as any value of the file.
  const quoted = program
    .replace(/["`$\\]/g, '\\$&')
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%');
  return `[Desktop Entry]\nType=Application\nName=Corvus\nExec="${quoted}" ${startHiddenSwitch}\nX-GNOME-Autostart-enabled=true\n`;
}
