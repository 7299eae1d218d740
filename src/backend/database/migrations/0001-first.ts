import { accounts, claimLinks, keys } from './0001/accounts.ts';
import { documents } from './0001/documents.ts';
import { ledger, statements } from './0001/ledger.ts';
import { operators, pools, priceVersions } from './0001/operations.ts';
import { orders, payments } from './0001/payments.ts';
import { holds, requests } from './0001/requests.ts';
import type { Migration } from '../sql-dialect.ts';

/**
 * The schema of the first release, by feature: a table comes after those that it refers to. Money is in nano-dollars,
 * times are in milliseconds, both as 64-bit integers. Rules that money depends on are repeated here as CHECKs, unique
 * indexes and triggers, so that no defect and no shell can break them unnoticed. Where the two databases declare a
 * trigger differently, both texts stand beside the table.
 */
export const first: Migration = {
  name: '0001-first',
  sql: (dialect) =>
    [
      dialect.prelude,
      accounts(dialect),
      keys(dialect),
      ledger(dialect),
      statements(dialect),
      requests(dialect),
      holds(dialect),
      orders(dialect),
      payments(dialect),
      claimLinks(dialect),
      documents(dialect),
      operators(dialect),
      pools(dialect),
      priceVersions(dialect),
    ].join('\n'),
};
