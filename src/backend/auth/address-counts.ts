import { addressGroup } from './address-group.ts';

/** How often each address did something in the present time window. */
export interface AddressCounts {
  /** Counts one more. @returns false, and counts nothing, where the address has reached `most` */
  take(address: string, most: number): boolean;
  giveBack(address: string): void;
  clear(): void;
}

/**
 * Beyond so many networks, all new ones share one count, so that a sender with many networks cannot fill the memory.
 */
const mostGroups = 100_000;
const allOthers = 'all others';

export function createAddressCounts(): AddressCounts {
  const counts = new Map<string, number>();
  const nameOf = (address: string): string => {
    const group = addressGroup(address);
    return counts.has(group) || counts.size < mostGroups ? group : allOthers;
  };
  return {
    take(address, most) {
      const group = nameOf(address);
      const before = counts.get(group) ?? 0;
      if (before >= most) return false;
      counts.set(group, before + 1);
      return true;
    },
    giveBack(address) {
      const group = nameOf(address);
      const before = counts.get(group) ?? 0;
      if (before > 0) counts.set(group, before - 1);
    },
    clear: () => counts.clear(),
  };
}
