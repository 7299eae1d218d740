import type { RequestSummary } from '#shared/account/request.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import type { RequestId } from '#shared/ids.ts';
import type {
  BegunRequest,
  FetchedAnswer,
  FinishedRequest,
  NamedRequest,
  RefusedRequest,
  SettledRequest,
  SwitchedRequest,
} from './requests/request-records.ts';
import type { StoreClient } from './threads/store-client.ts';

/**
 * The app's database, in other threads: no call here blocks this one, so no stream waits for the disk. What a call does
 * is said at its function, which `operations.ts` names; only what differs from calling that function is declared here.
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

/**
 * What happens to requests. None of these waits or fails: a record survives the end of this process at once, a power
 * cut as soon as the database has it, and a full or broken disk is waited for. Every read sees what was recorded before
 * it.
 */
export interface RequestRecorder {
  /** Must precede the first byte that is sent upstream. */
  begin(request: BegunRequest): void;
  /** Must precede the first byte that is sent to the other lane. */
  switched(request: SwitchedRequest): void;
  /** Must precede the first byte that shows this id to the client. */
  named(request: NamedRequest): void;
  /** The first end of a request counts. */
  finish(request: FinishedRequest): void;
  refused(request: RefusedRequest): void;
  /** The first fetch that tells what an answer used counts. */
  fetched(answer: FetchedAnswer): void;
  settled(request: SettledRequest): void;
}

export type RequestStore = StoreClient['requests'] &
  RequestRecorder & {
    /** Rows as they are after each commit. Returns the unsubscribe. */
    onChanged(listener: (rows: RequestSummary[]) => void): () => void;
  };

export type ProviderStore = StoreClient['providers'];

export interface MirrorStore extends Omit<StoreClient['mirror'], 'applyLines' | 'missCharges'> {
  /** Also reports the settled rows to `onChanged`. Returns the requests whose receipt is missing. */
  applyLines(accountId: string, lines: readonly LedgerLine[]): Promise<RequestId[]>;
  /** Names the prepaid answers between these moments that were not charged, and reports their rows to `onChanged`. */
  missCharges(sinceMs: number, beforeMs: number): Promise<void>;
}
