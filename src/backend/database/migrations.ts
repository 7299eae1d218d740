import { accounting } from './migrations/postgres/0004-accounting.ts';
import { ledger } from './migrations/0005-books.ts';
import { billingDocuments } from './migrations/0006-papers.ts';
import { keyLimits } from './migrations/0007-key-limits.ts';
import { pools } from './migrations/0008-pools.ts';
import { members } from './migrations/0009-people.ts';
import { upstreamCosts } from './migrations/0010-upstream-costs.ts';
import { workspaces } from './migrations/0011-workspaces.ts';
import { credits } from './migrations/0012-credits.ts';
import { busyHours } from './migrations/0013-busy-hours.ts';
import { writeOffs } from './migrations/0014-write-offs.ts';
import { first } from './migrations/sqlite/0001-first.ts';
import { payments } from './migrations/sqlite/0002-payments.ts';
import { operator } from './migrations/sqlite/0003-operator.ts';
import { spendCaps } from './migrations/sqlite/0004-spend-caps.ts';
import { postgresDialect, type SqlDialect, sqliteDialect } from './sql-dialect.ts';
import type { Migration } from './migrations/migration.ts';

/** Steps for both databases. The four before them are older than the support of PostgreSQL, which begins with their result. */
const shared: readonly Migration[] = [
  ledger,
  billingDocuments,
  keyLimits,
  pools,
  members,
  upstreamCosts,
  workspaces,
  credits,
  busyHours,
  writeOffs,
];

interface Step {
  name: string;
  sql: string;
}

/** Step n brings a database from version n to version n + 1. */
export const sqliteSteps: readonly Step[] = [first, payments, operator, spendCaps, ...shared.map(writtenFor(sqliteDialect))];

/** An empty database is at version 0; the first step leads to version 4. */
export const postgresSteps: readonly Step[] = [accounting, ...shared.map(writtenFor(postgresDialect))];

export const newestVersion = sqliteSteps.length;

function writtenFor(dialect: SqlDialect): (migration: Migration) => Step {
  return ({ name, sql }) => ({ name, sql: sql(dialect) });
}

export function refuseNewer(version: number): void {
  if (version > newestVersion) {
    throw new Error(`The database is at schema ${version}; this program knows schemas up to ${newestVersion}. Start the newer program.`);
  }
}
