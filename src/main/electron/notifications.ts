import type { Logger } from '#shared/ports.ts';
import type { Notify } from '#core/ports.ts';
import type { ElectronApi, ShellNotification } from './electron-api.ts';

/**
 * System notifications; a click brings the page that they are about. Where the system shows none they are in the log.
 */
export function systemNotifications(
  Notification: ElectronApi['Notification'],
  logger: Logger,
  onClick: () => void,
): Notify {
  // Kept until the next one: one that is garbage-collected forgets its click.
  let shown: ShellNotification | null = null;
  return {
    show({ title, body }) {
      logger.info('notification', { title, body });
      if (!Notification.isSupported()) return;
      shown = new Notification({ title, body });
      shown.on('click', onClick);
      shown.show();
    },
  };
}
