import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

const debianFolder = '/usr/lib/postgresql';

/**
 * The folder of this machine's PostgreSQL server programs, for the tests: CORVUSLLM_POSTGRES_BIN, else the newest that Debian's packages
 * or the PATH have. Null: there is none.
 * @param {Record<string, string | undefined>} [environment]
 */
export function findPostgres(environment = process.env) {
  const named = environment['CORVUSLLM_POSTGRES_BIN'];
  if (named) return named;
  const versions = existsSync(debianFolder)
    ? readdirSync(debianFolder).sort((one, other) => Number(other) - Number(one))
    : [];
  const folders = [
    ...versions.map((version) => join(debianFolder, version, 'bin')),
    ...(environment['PATH'] ?? '').split(delimiter),
  ];
  return (
    folders.find(
      (folder) => folder !== '' && existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
    ) ?? null
  );
}
