import { EventEmitter } from 'node:events';
import type { StandInContents, StandInFrame } from './window.ts';

type InvokeHandler = (event: Electron.IpcMainInvokeEvent, ...parameters: unknown[]) => unknown;

export class StandInIpcMain {
  readonly handlers = new Map<string, InvokeHandler>();

  handle(channel: string, handler: InvokeHandler): void {
    if (this.handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.handlers.set(channel, handler);
  }

  /** One call as it comes from a frame: copied on the way in and on the way out, as Electron does. */
  async invokeFrom(
    contents: StandInContents,
    frame: StandInFrame | null,
    channel: string,
    ...parameters: unknown[]
  ): Promise<unknown> {
    const handler = this.handlers.get(channel);
    if (!handler)
      throw new Error(`Error invoking remote method '${channel}': Error: No handler registered for '${channel}'`);
    // What a handler of this app may look at; the rest of the event does not exist here.
    const event = {
      sender: contents,
      senderFrame: frame,
      frameId: 1,
      processId: 1,
      type: 'frame',
    } as unknown as Electron.IpcMainInvokeEvent;
    return structuredClone(await handler(event, ...structuredClone(parameters)));
  }
}

/** The preload script's side, in one window. */
export class StandInIpcRenderer extends EventEmitter implements Pick<Electron.IpcRenderer, 'invoke'> {
  #main: StandInIpcMain;
  #contents: () => StandInContents;

  constructor(main: StandInIpcMain, contents: () => StandInContents) {
    super();
    this.#main = main;
    this.#contents = contents;
  }
  invoke(channel: string, ...parameters: unknown[]): Promise<unknown> {
    const contents = this.#contents();
    return this.#main.invokeFrom(contents, contents.mainFrame, channel, ...parameters);
  }
  /** Lets what the main process sends to this window arrive here. */
  attach(): void {
    this.#contents().on('stand-in:sent', (channel: string, parameters: unknown[]) =>
      this.emit(channel, {}, ...parameters),
    );
  }
}

export class StandInContextBridge implements Pick<Electron.ContextBridge, 'exposeInMainWorld'> {
  readonly exposed = new Map<string, unknown>();

  exposeInMainWorld(name: string, api: unknown): void {
    if (this.exposed.has(name))
      throw new Error(`Cannot bind an API on top of an existing property on the window object`);
    this.exposed.set(name, api);
  }
}
