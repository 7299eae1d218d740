import pino from 'pino';
import shippedCatalogue from '../../resources/price-catalogue.json' with { type: 'json' };
import { readConfig } from './config.ts';
import { createBackend, systemClock, systemRandom } from './create-backend.ts';
import { connectStripe } from './payments/connect-stripe.ts';
import type { BackendLogger } from './ports.ts';
import { verify } from './verify.ts';

const usage = `Usage: corvusllm-backend [serve | verify]
  serve    answers requests until it is told to stop; the default
  verify   proves the books and names every fault
Settings come from the environment: docs/operating.md`;

/** The hosted service by itself: settings from the environment. */
async function main(command: string): Promise<void> {
  if (command === 'serve') return serve();
  if (command !== 'verify') throw new Error(usage);
  const { database } = readConfig(process.env, shippedCatalogue);
  process.exitCode = await verify(database, (line) => process.stdout.write(`${line}\n`));
}

/** One ready line on stdout, logs on stderr. */
async function serve(): Promise<void> {
  const config = readConfig(process.env, shippedCatalogue);
  const log = pino(pino.destination(2));
  const logger: BackendLogger = {
    info: (event, facts) => log.info({ ...facts, event }),
    warn: (event, facts) => log.warn({ ...facts, event }),
    error: (event, facts) => log.error({ ...facts, event }),
  };
  const payments = config.stripe === null ? null : connectStripe(config.stripe);
  const backend = await createBackend({ ...config, payments, clock: systemClock, random: systemRandom, logger });
  const { baseUrl } = await backend.start();
  const account = config.isPlayMoney ? await backend.createAccount('play money') : null;
  const ready = { event: 'ready', baseUrl, pid: process.pid, ...(account ? { customerKey: account.customerKey } : {}) };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    void backend.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

try {
  await main(process.argv[2] ?? 'serve');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
