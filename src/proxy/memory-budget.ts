import { CorvusError } from '#shared/errors.ts';

/** What one request has of a memory budget. */
export interface MemoryShare {
  /** Takes more of it. Throws `overloaded` when that much is not left. */
  take(bytes: number): void;
  /** Gives some of it back. */
  give(bytes: number): void;
  /** Gives all of it back. */
  release(): void;
}

export interface MemoryBudget {
  open(): MemoryShare;
  /** What all shares have together. */
  readonly takenBytes: number;
}

/** Memory for bodies: beyond it new ones are turned away rather than the process killed. */
export function createMemoryBudget(maxBytes: number): MemoryBudget {
  let takenBytes = 0;
  return {
    open() {
      let ownBytes = 0;
      const give = (bytes: number) => {
        const given = Math.min(bytes, ownBytes);
        ownBytes -= given;
        takenBytes -= given;
      };
      return {
        take(bytes) {
          if (takenBytes + bytes > maxBytes) throw new CorvusError('overloaded', undefined, { retryAfterSeconds: 2 });
          takenBytes += bytes;
          ownBytes += bytes;
        },
        give,
        release: () => give(ownBytes),
      };
    },
    get takenBytes() {
      return takenBytes;
    },
  };
}
