import type { Logger } from '#shared/ports.ts';
import { appOrigin } from './app-protocol.ts';
import type { ShellApp, ShellContents, ShellSession } from './electron-api.ts';

/** Copy buttons write text to the clipboard after a click: the one thing a page may ask the system for. */
const granted = 'clipboard-sanitized-write';

export interface NavigationGuardOptions {
  app: ShellApp;
  logger: Logger;
  /** Offered every address that a page wanted to open in a window of its own. */
  openLink: (url: string) => void;
}

/**
 * From here on no page of this app leaves `app://corvus`, opens a window or embeds a webview. Call before the first
 * window.
 */
export function guardNavigation({ app, logger, openLink }: NavigationGuardOptions): void {
  app.on('web-contents-created', (_event, contents) => guardContents(contents, logger, openLink));
}

function guardContents(contents: ShellContents, logger: Logger, openLink: (url: string) => void): void {
  const deny = (what: string) => (event: { preventDefault(): void; url?: string }) => {
    event.preventDefault();
    logger.warn('navigation.refused', { what, to: event.url?.slice(0, 200) });
  };
  // The pages route by history, which fires none of these; only the shell loads addresses.
  contents.on('will-navigate', deny('navigate'));
  contents.on('will-frame-navigate', deny('frame'));
  contents.on('will-redirect', deny('redirect'));
  contents.on('will-attach-webview', deny('webview'));
  contents.setWindowOpenHandler(({ url }) => {
    openLink(url);
    return { action: 'deny' };
  });
}

/**
 * Refuses every permission, device, screen capture and download; the app's own page may write text to the clipboard,
 * and save a file that it made itself.
 */
export function guardSession(session: ShellSession, logger: Logger): void {
  session.setPermissionRequestHandler((_contents, permission, callback, details) => {
    const isGranted = permission === granted && isOwnPage(details.requestingUrl);
    if (!isGranted) logger.warn('permission.refused', { permission });
    callback(isGranted);
  });
  session.setPermissionCheckHandler(
    (_contents, permission, requestingOrigin) => permission === granted && isOwnPage(requestingOrigin),
  );
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, callback) => callback(null));
  session.on('will-download', (event, item) => {
    if (item.getURL().startsWith(`blob:${appOrigin}/`)) return;
    event.preventDefault();
    logger.warn('download.refused');
  });
}

export function isOwnPage(address: string): boolean {
  const url = URL.parse(address);
  return url?.protocol === 'app:' && `${url.protocol}//${url.host}` === appOrigin;
}
