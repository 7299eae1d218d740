/** What happened, and the id that each event carries. */
export interface BackendEvents {
  /**
   * Money, orders or settings of an account changed: what shows it reads it again, and calls that wait for its money
   * try again.
   */
  'account.changed': { accountId: string };
  /** More of an account's money is held: its figures changed, and no waiting call is helped. */
  'account.held': { accountId: string };
  /** An account spent money, or had too little: time to see whether it needs an automatic top-up. */
  'balance.fell': { accountId: string };
  /** A key was changed, rotated or revoked: what is known of it no longer counts. */
  'key.changed': { keyHash: string };
  'pools.changed': null;
  /** Messages of other instances may have been missed: what is known from before may be out of date. */
  'messages.missed': null;
}

/** Whether this instance made the change, or another one that sent a message about it. */
export type EventOrigin = 'here' | 'elsewhere';

type Subscriber<Name extends keyof BackendEvents> = (event: BackendEvents[Name], origin: EventOrigin) => void;

/**
 * How the features of one instance tell each other what happened, and through the pub/sub those of the other instances.
 */
export interface Events {
  /** Calls the subscribers at once, in the order in which they subscribed. */
  emit<Name extends keyof BackendEvents>(name: Name, event: BackendEvents[Name], origin?: EventOrigin): void;
  /** @returns the unsubscribe */
  on<Name extends keyof BackendEvents>(name: Name, subscriber: Subscriber<Name>): () => void;
}

export function createEvents(): Events {
  const subscribers: { [Name in keyof BackendEvents]: Set<Subscriber<Name>> } = {
    'account.changed': new Set(),
    'account.held': new Set(),
    'balance.fell': new Set(),
    'key.changed': new Set(),
    'pools.changed': new Set(),
    'messages.missed': new Set(),
  };
  return {
    emit(name, event, origin = 'here') {
      for (const subscriber of subscribers[name]) subscriber(event, origin);
    },
    on(name, subscriber) {
      // Each subscription is its own, even with the same function.
      const own: typeof subscriber = (event, origin) => subscriber(event, origin);
      subscribers[name].add(own);
      return () => void subscribers[name].delete(own);
    },
  };
}
