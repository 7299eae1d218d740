import { join } from 'node:path';
import { createCore } from '#core/create-core.ts';
import type { Core, PortChoice } from '#core/core.ts';
import { CorvusError } from '#shared/errors.ts';
import { loginLink, createDashboard, type Dashboard } from '../host/dashboard/dashboard-http.ts';
import { homePathHere, openHome } from '../host/home.ts';
import { findInstallation } from '../host/installation.ts';
import { type FileLogger, openFileLogger } from '../host/node-ports.ts';
import { claimHome, newOwnerSecret, type Owner, type Ownership } from '../host/owner.ts';
import { headlessPorts } from './headless-ports.ts';
import { type CommandIo, printResult } from './output.ts';

export interface ServeOptions {
  home: string | undefined;
  port: PortChoice;
  /** A taken port is left for the next free one without asking. */
  movesPort: boolean;
  withSandbox: boolean;
  isJson: boolean;
}

/** Runs Corvus on a data folder until a signal ends it. If it already runs, prints where. */
export async function serve(options: ServeOptions, io: CommandIo): Promise<void> {
  const stopRequested = stopSignal();
  await serveUntil(stopRequested, options, io).catch(async (error: unknown) => {
    const moveTo = await offeredPort(error, options, io);
    if (moveTo === null) throw error;
    await serveUntil(stopRequested, { ...options, port: { from: 'setting', moveTo } }, io);
  });
}

/** Where the port of the setting is taken, the next free one, if the person wants it. */
async function offeredPort(error: unknown, { port, movesPort }: ServeOptions, io: CommandIo): Promise<number | null> {
  if (!(error instanceof CorvusError) || error.code !== 'port_taken' || port.from === 'given') return null;
  const free = error.details.body?.['free'];
  if (typeof free !== 'number') return null;
  if (movesPort) return free;
  const question = `${error.message} Use it from now on, and change the settings of connected tools to it?`;
  return (await io.prompts?.confirm(question)) ? free : null;
}

async function serveUntil(stopRequested: Promise<string>, options: ServeOptions, io: CommandIo): Promise<void> {
  const paths = await openHome(homePathHere(options.home));
  const claim = await claimHome(paths.home);
  if (claim.kind === 'attached') return sayWhereItRuns(claim.owner, options, io);

  const logger = await openFileLogger(paths.home);
  endOnDefect(logger);
  const running = await start(options, paths, claim.ownership, logger);
  await printReady(running, options, io);
  logger.info('stopping', { signal: await stopRequested });
  if (!options.isJson) await io.write(await stoppingText(running.core));
  await running.stop();
}

interface Running {
  core: Core;
  gatewayUrl: string;
  dashboardUrl: string;
  stop(): Promise<void>;
}

async function start(
  options: ServeOptions,
  paths: Awaited<ReturnType<typeof openHome>>,
  ownership: Ownership,
  logger: FileLogger,
): Promise<Running> {
  const installation = findInstallation(import.meta.dirname);
  const ports = headlessPorts(paths, logger);
  const secret = newOwnerSecret();
  const listen: { dashboard: Dashboard | null } = { dashboard: null };
  const core = createCore(
    {
      port: options.port,
      withSandbox: options.withSandbox,
      version: installation.version,
      dashboard: (request, response) => listen.dashboard?.listener(request, response),
    },
    ports,
  );
  const dashboard = createDashboard({
    core,
    rendererFolder: installation.rendererFolder,
    sessionsPath: join(paths.home, 'sessions.json'),
    ownerSecret: secret,
    clock: ports.clock,
    random: ports.random,
    logger,
  });
  listen.dashboard = dashboard;

  async function stop(): Promise<void> {
    dashboard.close();
    try {
      await core.stop();
    } finally {
      await ownership.release();
    }
    logger.flush();
  }
  try {
    const { gatewayUrl } = await core.start();
    const port = Number(new URL(gatewayUrl).port);
    await ownership.announce({ pid: process.pid, port, secret, startedAtMs: ports.clock.nowMs() });
    return { core, gatewayUrl, dashboardUrl: loginLink(gatewayUrl, dashboard.issueLoginCode()), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function printReady(running: Running, options: ServeOptions, io: CommandIo): Promise<void> {
  const { core, gatewayUrl: gateway, dashboardUrl: dashboard } = running;
  const ready = { event: 'ready', gateway, dashboard, pid: process.pid };
  const text = options.isJson ? '' : await (await import('./welcome.ts')).welcome(core, gateway, dashboard);
  await printResult(io, options.isJson, ready, () => text);
}

async function stoppingText(core: Core): Promise<string> {
  const tools = await core.handlers['tools.list']({ terminal: [] }).catch(() => []);
  const connected = tools.filter(({ connection }) => connection !== null).map(({ name }) => name);
  const warning =
    connected.length === 0
      ? ''
      : `Until Corvus runs again, connected tools get no answer: ${connected.join(', ')}. \`corvusllm tools restore\` puts their settings back.\n`;
  return `\nStopping; running requests end first.\n${warning}`;
}

async function sayWhereItRuns(owner: Owner, { isJson }: ServeOptions, io: CommandIo): Promise<void> {
  const gateway = `http://127.0.0.1:${owner.port}`;
  const { dashboardLink } = await import('./connection.ts');
  const dashboard = await dashboardLink(owner);
  const ready = { event: 'ready', gateway, dashboard, pid: owner.pid, attached: true };
  await printResult(
    io,
    isJson,
    ready,
    () =>
      `Corvus already runs on this data folder, as process ${owner.pid}.\nGateway    ${gateway}\nDashboard  ${dashboard}`,
  );
}

/** Resolves with the first request to end; later ones are ignored, because the stop is in progress. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
}

/** A defect ends the process, which the store survives, but never prints the error, which may contain secrets. */
function endOnDefect(logger: FileLogger): void {
  process.on('uncaughtException', (cause) => {
    logger.error('crashed', { cause });
    logger.flush();
    process.stderr.write(
      'error: Corvus ended because of a defect; corvusllm.log in its data folder says where. [internal_error]\n',
    );
    process.exit(1);
  });
}
