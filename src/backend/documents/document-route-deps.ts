import type { Db } from '../database/open-database.ts';
import type { Clock } from '#shared/ports.ts';
import type { DocumentPress } from './document-press.ts';

/** What the routes of invoices, statements and the billing profile work with. */
export interface DocumentRouteDeps {
  db: Db;
  clock: Clock;
  documentPress: DocumentPress;
}
