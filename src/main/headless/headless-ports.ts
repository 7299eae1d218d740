import type { Paths, Ports } from '#core/ports.ts';
import { fileSecretStore } from '../host/file-secret-store.ts';
import { type FileLogger, nodeClock, nodeRandom } from '../host/node-ports.ts';
import { userSpaceHere } from '../host/user-space.ts';
import { externalOpener, launchDetached } from '../host/open-external.ts';

/** The ports of plain Node: no window, no keychain, no system notifications. */
export function headlessPorts(paths: Paths, logger: FileLogger): Ports {
  return {
    clock: nodeClock,
    random: nodeRandom,
    logger,
    paths,
    secrets: fileSecretStore({ home: paths.home, passphrase: process.env['CORVUSLLM_PASSPHRASE'], logger }),
    notify: { show: ({ title, body }) => logger.info('notification', { title, body }) },
    openExternal: externalOpener({
      environment: process.env,
      platform: process.platform,
      // Standard output belongs to the command's result.
      print: (url) => process.stderr.write(`Open ${url}\n`),
      launch: launchDetached,
    }),
    userSpace: userSpaceHere(),
    sandbox: {
      // Loaded only where play money is used.
      start: async (options) => (await import('../sandbox.ts')).sandbox.start(options),
    },
  };
}
