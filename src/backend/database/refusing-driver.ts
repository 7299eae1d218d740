import type { DatabaseConnection, Driver } from 'kysely';
import { SentQuery } from './statement.ts';

/**
 * A driver whose errors go through `refuse`, wherever they are thrown: while a connection is awaited, in a statement,
 * when a transaction begins or ends. Every use of a database goes through here, so none can answer with a raw database
 * error.
 */
export function refusingDriver(driver: Driver, refuse: (error: unknown) => unknown): Driver {
  const refusing = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw refuse(error);
    }
  };
  const wrapped = new WeakSet<DatabaseConnection>();

  function wrap(connection: DatabaseConnection): DatabaseConnection {
    if (wrapped.has(connection)) return connection;
    wrapped.add(connection);
    const execute = connection.executeQuery.bind(connection);
    connection.executeQuery = async (query, options) => {
      const result = await refusing(execute<never>(query, options));
      if (query instanceof SentQuery && query.answer) {
        query.answer = refusing(query.answer);
        query.answer.catch(() => undefined);
      }
      return result;
    };
    return connection;
  }

  return {
    init: (options) => refusing(driver.init(options)),
    acquireConnection: async (options) => wrap(await refusing(driver.acquireConnection(options))),
    beginTransaction: (connection, settings) => refusing(driver.beginTransaction(connection, settings)),
    commitTransaction: (connection) => refusing(driver.commitTransaction(connection)),
    async rollbackTransaction(connection) {
      // The transaction ended with its connection, so a failed rollback does not matter; the caller needs the first
      // error.
      await driver.rollbackTransaction(connection).catch(() => undefined);
    },
    releaseConnection: (connection, options) => driver.releaseConnection(connection, options),
    destroy: (options) => driver.destroy(options),
  };
}
