import { CorvusError } from '#shared/errors.ts';

/** What one body takes of the budget, bit by bit as it comes. */
export interface MemoryShare {
  /** Throws `overloaded`; nothing is taken then. */
  reserve(bytes: number): void;
  /** Gives back all that it took. */
  release(): void;
}

export interface MemoryBudget {
  open(owner: string): MemoryShare;
  readonly bytesInUse: number;
}

const retryAfterSeconds = 2;

/**
 * Memory that several owners share. Nobody may have more of it than is left for the others: one owner gets half at most, two a third each,
 * and so on, so that somebody who comes later always finds room.
 */
export function createMemoryBudget(limitBytes: number): MemoryBudget {
  const owners = new Map<string, number>();
  let bytesInUse = 0;

  function take(owner: string, bytes: number): void {
    const owned = (owners.get(owner) ?? 0) + bytes;
    if (owned > limitBytes - bytesInUse - bytes) throw new CorvusError('overloaded', undefined, { retryAfterSeconds });
    owners.set(owner, owned);
    bytesInUse += bytes;
  }

  function giveBack(owner: string, bytes: number): void {
    const left = (owners.get(owner) ?? 0) - bytes;
    if (left > 0) owners.set(owner, left);
    else owners.delete(owner);
    bytesInUse -= bytes;
  }

  return {
    open(owner) {
      let reserved = 0;
      return {
        reserve(bytes) {
          take(owner, bytes);
          reserved += bytes;
        },
        release() {
          giveBack(owner, reserved);
          reserved = 0;
        },
      };
    },
    get bytesInUse() {
      return bytesInUse;
    },
  };
}
