import type { Core } from '#core/core.ts';
import type { Logger } from '#shared/ports.ts';
import { callChannel, eventChannel } from '#shared/contract/bridge.ts';
import type { CallFailure } from '#shared/contract/contract.ts';
import { eventNames } from '#shared/contract/names.ts';
import { serveCall } from '#shared/contract/serve-call.ts';
import type { ElectronApi } from './electron-api.ts';
import { isOwnPage } from './navigation-guard.ts';

export interface IpcHostOptions {
  ipcMain: ElectronApi['ipcMain'];
  core: Pick<Core, 'handlers' | 'on'>;
  logger: Logger;
  /** Whether a web contents is a window of this app. */
  isOwnContents: (id: number) => boolean;
  /** To every open window. */
  send: (channel: string, name: string, payload: unknown) => void;
}

/** The app API over Electron's IPC. Never rejects: the page gets a result, whatever was sent. */
export function hostIpc({ ipcMain, core, logger, isOwnContents, send }: IpcHostOptions): void {
  ipcMain.handle(callChannel, async (event, name: unknown, input: unknown) => {
    if (!isOwnContents(event.sender.id) || !isLiveMainFrame(event.senderFrame)) {
      logger.warn('call.foreign-sender', { contents: event.sender.id });
      return refused({ code: 'origin_not_allowed', message: 'Only the window of Corvus may call this.' });
    }
    if (typeof name !== 'string') return refused({ code: 'route_not_found', message: 'The name of a call is a text.' });
    return serveCall(core.handlers, name, input, (failed, cause) =>
      logger.error('call.failed', { name: failed, cause }),
    );
  });
  for (const name of eventNames) core.on(name, (payload) => send(eventChannel, name, payload));
}

/** null: the frame has navigated away or is gone. Frames inside the page are not the page. */
function isLiveMainFrame(
  frame: Pick<Electron.WebFrameMain, 'detached' | 'isDestroyed' | 'parent' | 'url'> | null,
): boolean {
  return frame !== null && !frame.isDestroyed() && !frame.detached && frame.parent === null && isOwnPage(frame.url);
}

function refused(error: CallFailure): { ok: false; error: CallFailure } {
  return { ok: false, error };
}
