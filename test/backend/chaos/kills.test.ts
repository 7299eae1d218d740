import { expect, test } from 'vitest';
import { runKillCycles } from '../../chaos/kill-cycles.ts';
import { createTestDatabase } from '../../support/test-database.ts';

// `npm run chaos` does two thousand on each database.
test(
  'killed again and again under load: what was acknowledged is there, and the ledger is right (D55)',
  { timeout: 120_000 },
  async () => {
    const database = await createTestDatabase();
    const report = await runKillCycles(database.place, { cycles: 25, verifyEvery: 5, seed: Date.now() % 1_000_000 });
    expect(report.faults).toEqual([]);
    expect(report.settled).toBeGreaterThan(0);
    await database.drop();
  },
);
