import pino from 'pino';
import shippedCatalogue from '../../resources/price-catalogue.json' with { type: 'json' };
import { readConfig } from './config.ts';
import { createBackend, systemClock, systemRandom } from './create-backend.ts';
import { connectStripe } from './payments/connect-stripe.ts';
import type { BackendLogger } from './ports.ts';

/** The hosted service by itself: settings from the environment, one ready line on stdout, logs on stderr. */
async function main(): Promise<void> {
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
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
