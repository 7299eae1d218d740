/** Tells who listens that something of an account changed. Carries no facts: listeners read them, so none is missed or doubled. */
export interface AccountFeed {
  changed(accountId: string): void;
  /** @returns the unsubscribe */
  listen(accountId: string, listener: () => void): () => void;
}

export function createAccountFeed(): AccountFeed {
  const listeners = new Map<string, Set<() => void>>();
  return {
    changed(accountId) {
      for (const listener of listeners.get(accountId) ?? []) listener();
    },
    listen(accountId, listener) {
      const set = listeners.get(accountId) ?? new Set();
      listeners.set(accountId, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(accountId);
      };
    },
  };
}
