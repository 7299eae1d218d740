import type { Settings } from '#shared/contract/settings.ts';
import type { ElectronApi } from './electron-api.ts';
import type { Engine } from './engine.ts';
import { type OpenAtLoginOptions, setOpenAtLogin } from './open-at-login.ts';

export interface LiveSettings {
  current(): Settings;
}

/** Follows the settings that are the system's business: theme and opening at login. */
export async function applySettings(
  electron: Pick<ElectronApi, 'app' | 'nativeTheme'>,
  host: Omit<OpenAtLoginOptions, 'app'>,
  { core, logger }: Pick<Engine, 'core' | 'logger'>,
): Promise<LiveSettings> {
  let current = await core.handlers['settings.get'](undefined);
  electron.nativeTheme.themeSource = current.theme;
  core.on('settings.changed', (settings) => {
    electron.nativeTheme.themeSource = settings.theme;
    // Only when changed here: turned off in the system's own settings, it stays off.
    if (settings.openAtLogin !== current.openAtLogin) {
      setOpenAtLogin(settings.openAtLogin, {
        app: electron.app,
        platform: host.platform,
        environment: host.environment,
        userHome: host.userHome,
        execPath: host.execPath,
      }).catch((cause: unknown) => logger.warn('open-at-login.failed', { cause }));
    }
    current = settings;
  });
  return { current: () => current };
}
