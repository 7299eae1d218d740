import { CorvusError } from '#shared/errors.ts';

/** What a database error means: it may work later, the file is damaged, or (null) the database is not at fault. */
export type Trouble = 'unavailable' | 'damaged' | null;

const retryAfterSeconds = 5;

const sentences = {
  unavailable: 'The service cannot read or write its database now. Nothing is lost; try again in a few seconds.',
  damaged:
    'The database of this service is damaged. Its operator has to put a backup in its place; "corvusllm-backend verify" names what is broken.',
} as const;

/** A database error as the refusal that callers get, with the error as its cause; other errors unchanged. */
export function refuseTrouble(error: unknown, troubleOf: (error: unknown) => Trouble): unknown {
  if (error instanceof CorvusError) return error;
  const trouble = troubleOf(error);
  return trouble === null
    ? error
    : new CorvusError('billing_unavailable', sentences[trouble], { retryAfterSeconds }, error);
}

/** What is damaged in the database, where an error says so; else null. */
export function damageIn(error: unknown): string | null {
  const cause = error instanceof CorvusError ? error.cause : error;
  return sqliteTrouble(cause) === 'damaged' || postgresTrouble(cause) === 'damaged' ? wordsOf(cause) : null;
}

/** The database's error code behind a refusal, or of the error itself. */
export function databaseCodeOf(error: unknown): string | null {
  const { code } = asFacts(error instanceof CorvusError ? error.cause : error);
  return typeof code === 'string' ? code : null;
}

/** Whether the database has a row with this key already. */
export function isDuplicate(error: unknown): boolean {
  const code = databaseCodeOf(error);
  return code === '23505' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === 'SQLITE_CONSTRAINT_UNIQUE';
}

const damagedSqlite = /^SQLITE_(CORRUPT|NOTADB|FORMAT)/;
const unavailableSqlite =
  /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|PERM|AUTH|NOMEM|NOLFS|PROTOCOL|INTERRUPT|ABORT)/;
const closedSqlite = /database connection is not open|driver has already been destroyed/;

/** What an error of SQLite means. */
export function sqliteTrouble(error: unknown): Trouble {
  const { code, message } = asFacts(error);
  if (typeof code === 'string' && damagedSqlite.test(code)) return 'damaged';
  if (typeof code === 'string' && unavailableSqlite.test(code)) return 'unavailable';
  return closedSqlite.test(message) ? 'unavailable' : null;
}

/** Whether another connection has the lock, so that the same statement can be retried. */
export function isLocked(error: unknown): boolean {
  const { code } = asFacts(error);
  return typeof code === 'string' && /^SQLITE_(BUSY|LOCKED)/.test(code);
}

/**
 * Classes and codes of PostgreSQL: no connection, not authorised, no such database, transactions rolled back because of
 * each other, out of resources, ended by an operator or a timeout, not in the needed state (read only, locked,
 * starting), and disk faults.
 */
const unavailablePostgres = /^(08|28|3D000|40|53|57014|57P|58|55P03|55006|55000|25006|25P0[2-4]|XX000)/;
const damagedPostgres = /^XX00[12]$/;
const network =
  /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOST|ENET|ENOENT|EACCES|EADDR|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;
const lostConnection =
  /connection terminated|connection error|connection timeout|timeout exceeded when trying to connect|not queryable|read timeout|pool after calling end|driver has already been destroyed|connection has been discarded|server does not support ssl|connection ended|stream has been aborted/i;

/** What an error of PostgreSQL, or of the connection to it, means. */
export function postgresTrouble(error: unknown): Trouble {
  const { code, message, errors } = asFacts(error);
  if (typeof code === 'string' && damagedPostgres.test(code)) return 'damaged';
  if (typeof code === 'string' && (unavailablePostgres.test(code) || network.test(code))) return 'unavailable';
  if (Array.isArray(errors)) return errors.some((one) => postgresTrouble(one) !== null) ? 'unavailable' : null;
  return lostConnection.test(message) ? 'unavailable' : null;
}

/** An error in one line, also where it stands for several, as with a host name of two addresses. */
export function wordsOf(error: unknown): string {
  const { message, errors, code } = asFacts(error);
  if (message !== '') return message;
  if (Array.isArray(errors) && errors.length > 0) return [...new Set(errors.map(wordsOf))].join('; ');
  return typeof code === 'string' ? code : String(error);
}

function asFacts(error: unknown): { code: unknown; message: string; errors: unknown } {
  if (!(error instanceof Error)) return { code: undefined, message: '', errors: undefined };
  return {
    code: 'code' in error ? error.code : undefined,
    message: error.message,
    errors: 'errors' in error ? error.errors : undefined,
  };
}
