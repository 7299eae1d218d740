import type { SqlDialect } from '../sql-dialect.ts';

/** One step of the schema. Its number is its place in the list, and part of its name. */
export interface Migration {
  name: string;
  sql(dialect: SqlDialect): string;
}
