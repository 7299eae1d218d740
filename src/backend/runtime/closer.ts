/** What has to be closed once it is no longer needed. */
export interface Closeable {
  close(): Promise<void> | void;
}

export interface Closer extends Closeable {
  add(closeable: Closeable): void;
}

/**
 * Closes what was added, the last first. A failure does not keep the others open; the first one is thrown at the end.
 */
export function createCloser(): Closer {
  let open: Closeable[] = [];
  return {
    add: (closeable) => void open.push(closeable),
    async close() {
      const closing = open.reverse();
      open = [];
      const failures: unknown[] = [];
      for (const closeable of closing) {
        try {
          await closeable.close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
