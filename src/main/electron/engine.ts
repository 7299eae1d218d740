import { join } from 'node:path';
import type { Core, CoreOptions, PortChoice } from '#core/core.ts';
import type { Logger } from '#shared/ports.ts';
import type { Paths, Ports } from '#core/ports.ts';
import { createDashboard, type Dashboard } from '../host/dashboard/dashboard-http.ts';
import { openHome } from '../host/home.ts';
import type { Installation } from '../host/installation.ts';
import { type FileLogger, nodeClock, nodeRandom, openFileLogger } from '../host/node-ports.ts';
import { userSpaceHere } from '../host/user-space.ts';
import { claimHome, newOwnerSecret, type Ownership } from '../host/owner.ts';
import { CorvusError } from '#shared/errors.ts';

export interface EngineOptions {
  homePath: string;
  port: PortChoice;
  withSandbox: boolean;
  installation: Installation;
  createCore: (options: CoreOptions, ports: Ports) => Core;
  /** The ports that only the shell can bring. */
  shellPorts: (paths: Paths, logger: Logger) => Promise<Pick<Ports, 'secrets' | 'notify' | 'openExternal' | 'sandbox'>>;
}

export interface Engine {
  core: Core;
  gatewayUrl: string;
  paths: Paths;
  logger: FileLogger;
  /** Ends the running calls, closes, and releases the folder. */
  stop(): Promise<void>;
}

/**
 * Takes the data folder and starts the core on it, as the command does without a window: one owner for each folder,
 * found by commands and second starts through the same loopback listener. Throws what a person can act on.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const paths = await openHome(options.homePath);
  const claim = await claimHome(paths.home);
  if (claim.kind === 'attached') throw runsWithoutWindow(claim.owner.pid);
  const { ownership } = claim;
  const logger = await openFileLogger(paths.home).catch(async (error: unknown) => {
    await ownership.release();
    throw error;
  });
  const running: Running = { core: null, dashboard: null };

  async function stop(): Promise<void> {
    running.dashboard?.close();
    try {
      await running.core?.stop();
    } finally {
      await ownership.release();
      logger.flush();
    }
  }
  try {
    const { core, gatewayUrl } = await startCore(options, paths, logger, ownership, running);
    return { core, gatewayUrl, paths, logger, stop };
  } catch (error) {
    logger.error('start.failed', { cause: error });
    await stop();
    throw error;
  }
}

interface Running {
  core: Core | null;
  dashboard: Dashboard | null;
}

async function startCore(options: EngineOptions, paths: Paths, logger: Logger, ownership: Ownership, running: Running) {
  const ports: Ports = {
    clock: nodeClock,
    random: nodeRandom,
    logger,
    paths,
    userSpace: userSpaceHere(),
    ...(await options.shellPorts(paths, logger)),
  };
  const { port, withSandbox, installation } = options;
  const core = options.createCore(
    {
      port,
      withSandbox,
      version: installation.version,
      dashboard: (request, response) => running.dashboard?.listener(request, response),
    },
    ports,
  );
  running.core = core;
  const secret = newOwnerSecret();
  running.dashboard = createDashboard({
    core,
    rendererFolder: installation.rendererFolder,
    sessionsPath: join(paths.home, 'sessions.json'),
    ownerSecret: secret,
    clock: nodeClock,
    random: nodeRandom,
    logger,
  });
  const { gatewayUrl } = await core.start();
  await ownership.announce({
    pid: process.pid,
    port: Number(new URL(gatewayUrl).port),
    secret,
    startedAtMs: nodeClock.nowMs(),
  });
  return { core, gatewayUrl };
}

function runsWithoutWindow(pid: number): CorvusError {
  return new CorvusError(
    'conflict',
    `Corvus runs already, without a window, as process ${pid}. Run "corvusllm dashboard" to open its pages in the browser, or end that process and start again.`,
  );
}
