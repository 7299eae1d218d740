import { readFileSync, writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { createBackend, echoForEveryFamily, systemClock, systemRandom } from '#backend/create-backend.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import shippedCatalogue from '../../resources/price-catalogue.json' with { type: 'json' };

const dataSchema = z.object({ databasePath: z.string() });
const ownerOnly = 0o600;
const stopDrainMs = 3_000;

const quiet = { info: () => undefined, warn: () => undefined, error: (event: string, facts?: object) => console.error(event, facts) };

/** The real service with play money, in a thread of its own so that its disk writes never hold up the app. */
async function run(): Promise<void> {
  const { databasePath } = dataSchema.parse(workerData);
  const backend = await createBackend({
    databasePath,
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    random: systemRandom,
    logger: quiet,
    priceCatalogue: parseCatalogue(shippedCatalogue),
    pools: echoForEveryFamily,
    isPlayMoney: true,
    payments: null,
    exhaustedStatus: 429,
    publicBaseUrl: null,
  });
  const { baseUrl } = await backend.start();
  const customerKey = await keepKey(`${databasePath}.key`, backend);
  parentPort?.on('message', () => {
    void backend.stop(stopDrainMs).then(() => parentPort?.close());
  });
  parentPort?.postMessage({ event: 'ready', baseUrl, customerKey });
}

/** The key survives restarts in a file beside the database. It buys play money and nothing else. */
async function keepKey(path: string, backend: Awaited<ReturnType<typeof createBackend>>): Promise<string> {
  const kept = readIfThere(path);
  if (kept !== null && (await backend.knowsKey(kept))) return kept;
  const { customerKey } = await backend.createAccount('sandbox');
  writeFileSync(path, customerKey, { mode: ownerOnly });
  return customerKey;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

await run();
