/** A damaged database file that must not be used: what is broken, and what to do about it. */
export class DatabaseDamage extends Error {
  /** SQLite's error code, for code that handles its errors. */
  readonly code = 'SQLITE_CORRUPT';
  readonly path: string;

  constructor(path: string, finding: string, cause?: unknown) {
    super(
      `The database ${path} is damaged: ${finding}. The service does not start on it, and nothing in it was changed. ` +
        `Keep the file and those beside it (${path}-wal, ${path}-shm), put the newest backup in their place, and check it with ` +
        `"corvusllm-backend verify". Without a backup, sqlite3 ${path} ".recover" writes out what can still be read.`,
      { cause },
    );
    this.name = 'DatabaseDamage';
    this.path = path;
  }
}
