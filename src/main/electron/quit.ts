import type { ShellApp } from './electron-api.ts';
import type { Engine } from './engine.ts';

export interface QuitState {
  isQuitting(): boolean;
}

/**
 * Holds the end of the app back until the engine has settled what was running, once, however often it is asked to quit.
 */
export function quitInOrder(app: ShellApp, engine: Pick<Engine, 'stop' | 'logger'>, hideWindow: () => void): QuitState {
  let stopping: Promise<void> | null = null;
  let isStopped = false;
  app.on('before-quit', (event) => {
    if (isStopped) return;
    event.preventDefault();
    hideWindow();
    stopping ??= engine
      .stop()
      .catch((cause: unknown) => engine.logger.error('stop.failed', { cause }))
      .finally(() => {
        isStopped = true;
        app.quit();
      });
  });
  return { isQuitting: () => stopping !== null };
}
