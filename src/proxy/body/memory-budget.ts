import type { Changing } from '#shared/changing.ts';
import { CorvusError } from '#shared/errors.ts';

/** One request's share of a memory budget. */
export interface MemoryShare {
  /** Takes more. Throws `overloaded` when not enough is left; then nothing is taken. */
  take(bytes: number): void;
  /** Gives some of it back. */
  give(bytes: number): void;
  /** Gives all of it back. */
  release(): void;
}

export interface MemoryBudget {
  /** @param owner groups the requests that share one quota; absent: all requests form one group */
  open(owner?: string): MemoryShare;
  /** The sum of all shares. */
  readonly takenBytes: number;
}

const retryAfterSeconds = 2;

/**
 * Memory for bodies: beyond it, new bodies are refused rather than the process killed. An owner may hold at most as
 * much as it leaves to the others: one owner gets half at most, two a third each, and so on, so that a newcomer always
 * finds room.
 */
export function createMemoryBudget(maxBytes: number): MemoryBudget {
  const owners = new Map<string, number>();

  function add(owner: string, bytes: number): void {
    const owned = (owners.get(owner) ?? 0) + bytes;
    if (owned > 0) owners.set(owner, owned);
    else owners.delete(owner);
    budget.takenBytes += bytes;
  }

  const budget: Changing<MemoryBudget> = {
    takenBytes: 0,
    open(owner = '') {
      let ownBytes = 0;
      const give = (bytes: number) => {
        const given = Math.min(bytes, ownBytes);
        ownBytes -= given;
        add(owner, -given);
      };
      return {
        take(bytes) {
          const leftForOthers = maxBytes - budget.takenBytes - bytes;
          if ((owners.get(owner) ?? 0) + bytes > leftForOthers)
            throw new CorvusError('overloaded', undefined, { retryAfterSeconds });
          ownBytes += bytes;
          add(owner, bytes);
        },
        give,
        release: () => give(ownBytes),
      };
    },
  };
  return budget;
}
