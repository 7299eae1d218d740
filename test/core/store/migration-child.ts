import Database from 'better-sqlite3';
import { migrate } from '#core/store/database/migrate.ts';
import { first } from '#core/store/database/migrations/0001-first.ts';
import { killableSteps } from './killable-steps.ts';

/** Migrates a file, and is killed before one of the statements: the rest of the process has no say in it. */
const [path = '', killedAt = ''] = process.argv.slice(2);
const db = new Database(path);
db.function('reached', (statement) => {
  if (statement === Number(killedAt)) process.kill(process.pid, 'SIGKILL');
  return 0;
});
migrate(db, [first, ...killableSteps]);
db.close();
