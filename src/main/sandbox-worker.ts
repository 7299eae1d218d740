import { existsSync, renameSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { type Backend, createBackend, echoForEveryFamily, systemClock, systemRandom } from '#backend/create-backend.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { readPrivateFile, writePrivateFile } from './host/atomic-file.ts';
import shippedCatalogue from '../../resources/price-catalogue.json' with { type: 'json' };

const dataSchema = z.object({ databasePath: z.string() });
const stopDrainMs = 3_000;

const quiet = {
  info: () => undefined,
  warn: () => undefined,
  error: (event: string, facts?: object) => console.error(event, facts),
};

/** The real service with play money, in its own thread so that its disk writes never block the app. */
async function run(): Promise<void> {
  const { databasePath } = dataSchema.parse(workerData);
  const { backend, baseUrl, movedTo } = await startOrReplace(databasePath);
  const customerKey = await keepKey(`${databasePath}.key`, backend);
  parentPort?.on('message', () => {
    void backend.stop(stopDrainMs).then(() => parentPort?.close());
  });
  parentPort?.postMessage({ event: 'ready', baseUrl, customerKey, movedTo });
}

/** A damaged play-money database is not repaired: it is moved aside, never deleted, and replaced by a new one. */
async function startOrReplace(databasePath: string) {
  try {
    return { ...(await start(databasePath)), movedTo: null };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const movedTo = `${databasePath}.corrupt-${Date.now()}`;
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(databasePath + suffix)) renameSync(databasePath + suffix, movedTo + suffix);
    }
    return { ...(await start(databasePath)), movedTo };
  }
}

async function start(databasePath: string) {
  const backend = await createBackend({
    database: databasePath,
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
  try {
    return { backend, ...(await backend.start()) };
  } catch (error) {
    await backend.stop(0);
    throw error;
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^SQLITE_(CORRUPT|NOTADB)/.test(String(error.code));
}

/**
 * The key survives restarts in a file beside the database. It only buys play money; one that others could read is still
 * replaced. A link in its place is refused.
 */
async function keepKey(path: string, backend: Backend): Promise<string> {
  const stored = await readPrivateFile(path);
  if (stored?.isExposed)
    quiet.error('sandbox.key-was-exposed', {
      path,
      advice: 'Others could read it. The play-money account starts again.',
    });
  else if (stored && (await backend.knowsKey(stored.text.trim()))) return stored.text.trim();
  const { customerKey } = await backend.createAccount('sandbox');
  await writePrivateFile(path, customerKey);
  return customerKey;
}

await run();
