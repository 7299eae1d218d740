import SqliteDatabase from 'better-sqlite3';
import { createBackend, echoForEveryFamily, systemClock, systemRandom } from '#backend/create-backend.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * The faults in a service's ledger, by its own proof, while it is stopped: the sum is zero, balances are the
 * replay of their transfers, every hold has ended, nothing is charged twice.
 */
export async function ledgerFaults(databasePath: string): Promise<string[]> {
  const backend = await createBackend({
    database: databasePath,
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    random: systemRandom,
    logger: quiet,
    priceCatalogue: parseCatalogue(catalogue),
    pools: echoForEveryFamily,
    isPlayMoney: true,
    payments: null,
    exhaustedStatus: 429,
    publicBaseUrl: null,
  });
  try {
    return await backend.verify();
  } finally {
    await backend.stop(0);
  }
}

/** Ids of all requests a service ever reserved money for. */
export function requestsInLedger(databasePath: string): string[] {
  const db = new SqliteDatabase(databasePath, { readonly: true });
  try {
    return db.prepare('SELECT id FROM requests').pluck().all().map(String);
  } finally {
    db.close();
  }
}
