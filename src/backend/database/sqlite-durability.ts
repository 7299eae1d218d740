import { type Kysely, SqliteAdapter } from 'kysely';

/**
 * What a committed transaction survives: a power cut, for which it waits for the disk, or only the end of the process.
 */
export type Survives = 'power-cut' | 'crash';

/** SQLite's names for it. */
export const synchronousLevels: Readonly<Record<Survives, string>> = { 'power-cut': 'FULL', crash: 'NORMAL' };

/** The driver itself hands out the one connection to one user at a time. */
export class TurnTakingAdapter extends SqliteAdapter {
  /** What every transaction survives at least. */
  readonly survives: Survives;

  constructor(survives: Survives) {
    super();
    this.survives = survives;
  }

  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** What every transaction of a database survives at least. */
export function survivesOf(db: Pick<Kysely<unknown>, 'getExecutor'>): Survives {
  const { adapter } = db.getExecutor();
  return adapter instanceof TurnTakingAdapter ? adapter.survives : 'power-cut';
}
