/**
 * Which credentials report usage that no such request can have caused. Kept in memory, per instance, since its start.
 */
export interface ClaimRecord {
  /** Records a reply. @returns whether too many in a row were implausible for it to be asked before others */
  isDistrustedAfter(credential: string, isImplausible: boolean): boolean;
  total(credential: string): number;
}

/** A single such count may be an error; this many in a row mean a broken or dishonest upstream. */
const mostInRow = 3;

export function createClaimRecord(): ClaimRecord {
  const seen = new Map<string, { inRow: number; total: number }>();
  return {
    isDistrustedAfter(credential, isImplausible) {
      const known = seen.get(credential);
      if (!isImplausible) {
        if (known) known.inRow = 0;
        return false;
      }
      const next = { inRow: (known?.inRow ?? 0) + 1, total: (known?.total ?? 0) + 1 };
      seen.set(credential, next);
      return next.inRow >= mostInRow;
    },
    total: (credential) => seen.get(credential)?.total ?? 0,
  };
}
