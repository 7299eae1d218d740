import { CorvusError } from '#shared/errors.ts';

/** What one request has of a memory budget. */
export interface MemoryShare {
  /** Takes more of it. Throws `overloaded` when that much is not left; then nothing is taken. */
  take(bytes: number): void;
  /** Gives some of it back. */
  give(bytes: number): void;
  /** Gives all of it back. */
  release(): void;
}

export interface MemoryBudget {
  /** @param owner whose requests count together; absent: everybody's are one */
  open(owner?: string): MemoryShare;
  /** What all shares have together. */
  readonly takenBytes: number;
}

const retryAfterSeconds = 2;

/**
 * Memory for bodies: beyond it new ones are turned away rather than the process killed. Nobody may have more of it than is left for the
 * others: one owner gets half at most, two a third each, and so on, so that somebody who comes later always finds room.
 */
export function createMemoryBudget(maxBytes: number): MemoryBudget {
  const owners = new Map<string, number>();
  let takenBytes = 0;

  function add(owner: string, bytes: number): void {
    const owned = (owners.get(owner) ?? 0) + bytes;
    if (owned > 0) owners.set(owner, owned);
    else owners.delete(owner);
    takenBytes += bytes;
  }

  return {
    open(owner = '') {
      let ownBytes = 0;
      const give = (bytes: number) => {
        const given = Math.min(bytes, ownBytes);
        ownBytes -= given;
        add(owner, -given);
      };
      return {
        take(bytes) {
          const leftForOthers = maxBytes - takenBytes - bytes;
          if ((owners.get(owner) ?? 0) + bytes > leftForOthers) throw new CorvusError('overloaded', undefined, { retryAfterSeconds });
          ownBytes += bytes;
          add(owner, bytes);
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
