import type SqliteDatabase from 'better-sqlite3';

/**
 * What SQLite's planner is to believe of the tables that grow with use: how many rows, and how many of them share the
 * first columns of an index. Without numbers it takes any account for one of ten rows, and reads all that it ever did
 * rather than use a better index. Numbers of the file itself (`analyze`) would be those of the day they were taken, so
 * these are always the same, and so are the plans (https://sqlite.org/queryplanner-ng.html, "fixed plans").
 */
export const statistics: readonly (readonly [table: string, index: string, rows: string])[] = [
  ['requests', 'sqlite_autoindex_requests_1', '1000000 1'],
  ['requests', 'requests_by_account', '1000000 100000 2'],
  ['requests', 'requests_by_settlement', '1000000 2'],
  ['holds', 'holds', '1000000 1'],
  ['holds', 'holds_open', '100 1'],
  ['holds', 'holds_open_by_key', '100 10'],
  ['statement_lines', 'statement_lines', '1000000 100000 1'],
  ['statement_lines', 'statement_lines_credits', '1000 100 1'],
  ['statement_lines', 'statement_lines_one_topup', '1000 1'],
  ['statement_lines', 'statement_lines_one_receipt', '1000000 1'],
  ['ledger_transfers', 'sqlite_autoindex_ledger_transfers_1', '3000000 1'],
  ['ledger_transfers', 'ledger_transfers_by_request', '3000000 3'],
  ['ledger_transfers', 'ledger_transfers_by_order', '1000 2'],
  ['ledger_transfers', 'ledger_transfers_from_platform', '1000000 300000 1'],
  ['ledger_transfers', 'ledger_transfers_to_platform', '1000000 300000 1'],
  ['ledger_transfers', 'ledger_transfers_by_chain', '3000000 300000 1'],
];

/** Writes the statistics and lets this connection use them. */
export function writeStatistics(sqlite: SqliteDatabase.Database): void {
  // Only this command makes the table of statistics; it is told to look at the smallest table.
  sqlite.exec('analyze pool_versions');
  // Someone's own `analyze` may have filled both.
  const tables = sqlite.prepare<[], string>(
    "select name from sqlite_schema where name in ('sqlite_stat1', 'sqlite_stat4')",
  );
  for (const table of tables.pluck().all()) sqlite.exec(`delete from ${table}`);
  const insert = sqlite.prepare('insert into sqlite_stat1 (tbl, idx, stat) values (?, ?, ?)');
  for (const row of statistics) insert.run(...row);
  sqlite.exec('analyze sqlite_schema');
}
