/** Notifies listeners that something of an account changed. Carries no data: listeners read it, so nothing is missed or counted twice. */
export interface AccountFeed {
  /** Notifies the listeners here and, through `publish`, those of the other instances. */
  changed(accountId: string): void;
  /** A message of another instance. */
  received(accountId: string): void;
  /** Messages of other instances may have been missed: every listener reads again. */
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
    /** An account's money moved: notifies those who wait for it. */
    changed(accountId: string): void;
  }
}
