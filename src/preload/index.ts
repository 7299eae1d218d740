import { contextBridge, ipcRenderer } from 'electron';
import { callChannel, eventChannel } from '#shared/contract/bridge.ts';
import { callNames, eventNames } from '#shared/contract/names.ts';

// The page gets two functions over closed lists of names; ipcRenderer and Electron's event objects stay on this side.
const calls: ReadonlySet<string> = new Set(callNames);
const events: ReadonlySet<string> = new Set(eventNames);

contextBridge.exposeInMainWorld('corvus', {
  async call(name: string, input: unknown): Promise<unknown> {
    if (!calls.has(name)) return refused('route_not_found', 'There is no such call.');
    try {
      return await ipcRenderer.invoke(callChannel, name, input);
    } catch {
      // Only errors of structured cloning, or of a window that is closing, end here.
      return refused('bad_request', 'The call could not be delivered.');
    }
  },
  on(name: string, listener: (payload: unknown) => void): () => void {
    if (!events.has(name)) return () => undefined;
    const forward = (_event: unknown, sent: string, payload: unknown) => {
      if (sent === name) listener(payload);
    };
    ipcRenderer.on(eventChannel, forward);
    return () => void ipcRenderer.off(eventChannel, forward);
  },
});

function refused(code: string, message: string): { ok: false; error: { code: string; message: string } } {
  return { ok: false, error: { code, message } };
}
