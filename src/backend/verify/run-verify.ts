import { openDatabase } from '../database/open-database.ts';
import { verifyDatabase } from './verify-database.ts';

const nanosecondsPerSecond = 1e9;

/** `corvusllm-backend verify`: verifies the ledger, beside a running service or without one. @returns the exit code */
export async function verify(place: string, print: (line: string) => void): Promise<number> {
  const db = await openDatabase(place);
  try {
    const startedNs = process.hrtime.bigint();
    // An instance that answers a request renews its hold.
    const faults = await verifyDatabase(db, place, (hold) => hold.expires_at_ms > BigInt(Date.now()));
    const { count } = await db
      .selectFrom('ledger_transfers')
      .select(({ fn }) => fn.countAll<bigint>().as('count'))
      .executeTakeFirstOrThrow();
    const seconds = Number(process.hrtime.bigint() - startedNs) / nanosecondsPerSecond;
    for (const fault of faults) print(fault);
    print(
      `${count} movements verified in ${seconds.toFixed(1)} s: ${faults.length === 0 ? 'no fault' : `${faults.length} faults`}.`,
    );
    return faults.length === 0 ? 0 : 1;
  } finally {
    await db.destroy();
  }
}
