import { logFile } from '#proxy/log-file.ts';
import { createNetwork } from '#proxy/network/create-network.ts';
import { insistOnCertificates } from '#shared/insist-on-certificates.ts';
import { redactText } from '#shared/redact.ts';
import installed from '../../package.json' with { type: 'json' };
import shippedCatalogue from '../../resources/price-catalogue.json' with { type: 'json' };
import { type BackendConfig, readConfig } from './config.ts';
import { createBackend, systemClock, systemRandom } from './create-backend.ts';
import { move } from './move/run-move.ts';
import { openLogger } from './runtime/open-logger.ts';
import { connectStripe } from './stripe/connect-stripe.ts';
import type { Logger } from '#shared/ports.ts';
import { noTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { verify } from './verify/run-verify.ts';

const stderr = 2;
const usage = `Usage: corvusllm-backend [serve | verify | move <SQLite file> <postgres://…>]
  serve    answers requests until it is stopped; the default
  verify   verifies the ledger and names every fault
  move     copies the database of a stopped service from SQLite to an empty PostgreSQL database
Settings come from the environment: docs/operating.md`;

/** The hosted service as a program: settings from the environment. */
async function main(command: string, parameters: readonly string[]): Promise<void> {
  if (command === 'serve') return serve();
  if (command === 'move') {
    const [path, url, ...more] = parameters;
    if (path === undefined || url === undefined || more.length > 0) throw new Error(usage);
    return move(path, url, {
      print: (line) => process.stdout.write(`${line}\n`),
      progress: (line) => process.stderr.write(`${line}\n`),
    });
  }
  if (command !== 'verify') throw new Error(usage);
  const { database } = readConfig(process.env, shippedCatalogue);
  process.exitCode = await verify(database, (line) => process.stdout.write(`${line}\n`));
}

/** One ready line on stdout, logs on stderr. */
async function serve(): Promise<void> {
  const config = readConfig(process.env, shippedCatalogue);
  const lines = logFile(stderr);
  const logger = openLogger(config.logLevel, lines);
  const telemetry = await chooseTelemetry(config, logger);
  const { backend, baseUrl, account } = await startWhole(config, logger, telemetry).catch(async (error: unknown) => {
    await telemetry.close();
    lines.flush();
    throw error;
  });
  const ready = { event: 'ready', baseUrl, pid: process.pid, ...(account ? { customerKey: account.customerKey } : {}) };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    await backend.stop();
    await telemetry.close();
    lines.flush();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}

/** With play money, a service without an account to try it with is useless: it stops, and says why. */
async function startWhole(config: BackendConfig, logger: Logger, telemetry: Telemetry) {
  const network = createNetwork({ environment: process.env, nowMs: systemClock.nowMs });
  const payments = config.stripe === null ? null : connectStripe(config.stripe, network.fetch);
  const backend = await createBackend({
    ...config,
    network,
    payments,
    clock: systemClock,
    random: systemRandom,
    logger,
    telemetry,
  });
  try {
    const { baseUrl } = await backend.start();
    return { backend, baseUrl, account: config.isPlayMoney ? await backend.createAccount('play money') : null };
  } catch (error) {
    await backend.stop(0);
    throw error;
  }
}

/** OpenTelemetry is loaded only where its data can be read. */
async function chooseTelemetry(
  { metricsToken, adminToken, otlpEndpoint }: BackendConfig,
  logger: Logger,
): Promise<Telemetry> {
  const isMeasured = metricsToken !== null || adminToken !== null;
  if (!isMeasured && otlpEndpoint === null) return noTelemetry;
  const { openTelemetry } = await import('./telemetry/open-telemetry.ts');
  const preciseMs = (): number => performance.now();
  return openTelemetry({ isMeasured, otlpEndpoint, version: installed.version, clock: systemClock, preciseMs, logger });
}

const warning = insistOnCertificates(process.env);
if (warning !== null) process.stderr.write(warning);

try {
  await main(process.argv[2] ?? 'serve', process.argv.slice(3));
} catch (error) {
  process.stderr.write(`${redactText(error instanceof Error ? error.message : String(error))}\n`);
  process.exitCode = 1;
}
