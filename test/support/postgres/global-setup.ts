import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '#backend/database/open-database.ts';
import { openPool, templateName } from './database-pool.ts';
import { type PostgresServer, startPostgres } from './server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The server's own database. A test's own is a copy of the template. */
    postgresUrl: string;
  }
}

let server: PostgresServer | null = null;

/** One server for all tests of a run. */
export async function setup(project: TestProject): Promise<void> {
  server = await startPostgres();
  const client = new pg.Client(server.urlOf('postgres'));
  await client.connect();
  await client.query(`create database ${templateName}`);
  await client.end();
  const template = await openDatabase(server.urlOf(templateName));
  await template.destroy();
  await openPool(server.urlOf('postgres'));
  project.provide('postgresUrl', server.urlOf('postgres'));
}

export async function teardown(): Promise<void> {
  await server?.stop();
}
