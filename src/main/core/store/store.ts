import type { RequestSummary } from '#shared/account/request.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import type { RequestId } from '#shared/ids.ts';
import type { JournalOperations } from './operations.ts';
import type { ClientOf, StoreClient } from './store-client.ts';

/**
 * The app's database, in other threads: no call here blocks this one, so no stream waits for the disk. What a call does is said at its
 * function, which `operations.ts` names; only what differs from calling that function is declared here.
 */
export interface Store extends Omit<StoreClient, 'requests' | 'mirror'> {
  readonly requests: RequestStore;
  readonly mirror: MirrorStore;
  /** Where a damaged database was moved to at the start; null if there was none. */
  readonly movedTo: string | null;
  /** The disk cannot be written, so rows wait in memory. Returns the unsubscribe. */
  onTrouble(listener: (trouble: StoreTrouble) => void): () => void;
  /** The rows that waited are written. Returns the unsubscribe. */
  onRecovered(listener: () => void): () => void;
  /** Writes the rows that wait, then closes the file. Safe to call twice. */
  close(): Promise<void>;
}

export interface StoreTrouble {
  message: string;
}

type JournalMethods = ClientOf<JournalOperations>['requests'];

/**
 * Rows that the journal writes. They never fail because of a full or broken disk: they are kept in memory and written when it works again.
 * Each promise resolves once its row is durable, or kept. Only `begin` rejects if its row is refused; the others need not be awaited.
 */
export type JournalWrites = {
  readonly [Method in keyof JournalMethods]: (...args: Parameters<JournalMethods[Method]>) => Promise<void>;
};

export type RequestStore = StoreClient['requests'] &
  JournalWrites & {
    /** Rows as they are after each commit. Returns the unsubscribe. */
    onChanged(listener: (rows: RequestSummary[]) => void): () => void;
  };

export type ProviderStore = StoreClient['providers'];

export interface MirrorStore extends Omit<StoreClient['mirror'], 'applyLines'> {
  /** Also reports the settled rows to `onChanged`. Returns the requests whose receipt is missing. */
  applyLines(accountId: string, lines: readonly LedgerLine[]): Promise<RequestId[]>;
}
