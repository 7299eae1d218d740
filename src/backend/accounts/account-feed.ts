/** Tells who listens that something of an account changed. Carries no facts: listeners read them, so none is missed or doubled. */
export interface AccountFeed {
  /** Tells the listeners here and, through `tell`, those of the other instances. */
  changed(accountId: string): void;
  /** Another instance told. */
  received(accountId: string): void;
  /** What another instance told may have been missed: everybody looks again. */
  heardAll(): void;
  /** @returns the unsubscribe */
  listen(accountId: string, listener: () => void): () => void;
}

export function createAccountFeed(publish: (accountId: string) => void): AccountFeed {
  const listeners = new Map<string, Set<() => void>>();
  const received = (accountId: string): void => {
    for (const listener of listeners.get(accountId) ?? []) listener();
  };
  return {
    received,
    heardAll() {
      for (const accountId of listeners.keys()) received(accountId);
    },
    changed(accountId) {
      received(accountId);
      publish(accountId);
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

declare module '../http/services.ts' {
  interface Services {
    feed: AccountFeed;
    /** An account's money moved: who waits for it looks again. */
    changed(accountId: string): void;
  }
}
