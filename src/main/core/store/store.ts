import type { Account } from '#shared/account/account.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import type { Order } from '#shared/account/orders.ts';
import type { Receipt } from '#shared/account/receipt.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import type { LocalKeyLimits } from '#shared/domain/local-key.ts';
import type { RefusedCalls } from '#shared/domain/refused-calls.ts';
import type { RequestDetail, RequestSummary } from '#shared/account/request.ts';
import type { ReceiptReport } from '#shared/account/statement-report.ts';
import type { LocalKeyId, ProviderId, RequestId } from '#shared/ids.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { StatementCheck } from './check-statement.ts';
import type {
  AccountMirror,
  BegunRequest,
  FinishedRequest,
  InterruptedRequest,
  LaneTotals,
  LedgerPageRows,
  LocalKeyRecord,
  ProviderRecord,
  ProviderTest,
  RefusedRequest,
  SettledRequest,
} from './records.ts';
import type { RefusedCount } from './refused-calls-table.ts';
import type { RequestFacets, RequestPage } from './request-list.ts';
import type { CheckedPart } from './statement-table.ts';

/** The app's memory. All of it lives in other threads: nothing here ever waits for a disk, or makes a stream wait. */
export interface Store {
  readonly requests: RequestStore;
  readonly refusals: RefusalStore;
  readonly rollups: RollupStore;
  readonly localKeys: LocalKeyStore;
  readonly providers: ProviderStore;
  readonly settings: SettingStore;
  readonly mirror: MirrorStore;
  /** Where the damaged database was put that was found at the start; null when all was well. */
  readonly movedTo: string | null;
  /** The disk cannot be written: rows wait in memory. Returns the unsubscribe. */
  onTrouble(listener: (trouble: StoreTrouble) => void): () => void;
  /** What waited is written. */
  onRecovered(listener: () => void): () => void;
  /** Writes what still waits, then lets go of the file. Safe to call twice. */
  close(): Promise<void>;
}

export interface StoreTrouble {
  message: string;
}

/**
 * `begin`, `finish`, `refused` and `settled` never fail because of a full or broken disk: they are kept in memory and
 * written when it works again. Each resolves once its row is durable, or kept.
 */
export interface RequestStore {
  begin(request: BegunRequest): Promise<void>;
  /** The first one counts. Need not be awaited. */
  finish(request: FinishedRequest): Promise<void>;
  refused(request: RefusedRequest): Promise<void>;
  /** From the account's receipt; may come before or after `finish`, and more than once. */
  settled(request: SettledRequest): Promise<void>;
  /** At start-up: ends what a crash left open, as `interrupted`. */
  closeOpen(): Promise<InterruptedRequest[]>;
  list(filter: RequestFilter, cursor: string | null, limit: number): Promise<RequestPage>;
  get(id: RequestId): Promise<RequestDetail | null>;
  facets(): Promise<RequestFacets>;
  /** What prepaid requests since this moment cost, as far as it is known. */
  prepaidCostSince(sinceMs: number): Promise<NanoUsd>;
  /** Deletes the oldest rows before this moment, at most `limit`; totals stay. Returns how many it deleted. */
  deleteBefore(beforeMs: number, limit: number): Promise<number>;
  /** Rows as they stand after each commit. Returns the unsubscribe. */
  onChanged(listener: (rows: RequestSummary[]) => void): () => void;
}

/** Calls without a valid key: sums, never rows of their own. */
export interface RefusalStore {
  count(refused: RefusedCount): Promise<void>;
  list(): Promise<RefusedCalls>;
  /** Deletes what was last refused before this moment. */
  deleteBefore(beforeMs: number): Promise<void>;
}

interface RollupStore {
  /** Sums between neighbouring borders, ascending: `borders.length - 1` lists of lanes. */
  sum(borders: readonly number[]): Promise<LaneTotals[][]>;
}

export interface LocalKeyStore {
  list(): Promise<LocalKeyRecord[]>;
  insert(key: LocalKeyRecord): Promise<void>;
  /** null: there is no such key. */
  limit(id: LocalKeyId, limits: LocalKeyLimits): Promise<LocalKeyRecord | null>;
  /** null: there is no such key. */
  revoke(id: LocalKeyId, atMs: number): Promise<LocalKeyRecord | null>;
}

export interface ProviderStore {
  /** Oldest first. */
  list(): Promise<ProviderRecord[]>;
  /** False: there is one with this id. */
  insert(provider: ProviderRecord): Promise<boolean>;
  /** False: there is none with this id. */
  remove(id: ProviderId): Promise<boolean>;
  setKeyHint(id: ProviderId, keyHint: string | null): Promise<void>;
  setTest(test: ProviderTest): Promise<void>;
}

interface SettingStore {
  /** JSON text; null when it was never written. */
  read(name: string): Promise<string | null>;
  write(name: string, value: string): Promise<void>;
}

export interface MirrorStore {
  snapshot(accountId: string): Promise<AccountMirror | null>;
  saveSnapshot(snapshot: Account, receivedAtMs: number): Promise<void>;
  /** The sequence of the newest line that is here; 0 before the first. */
  cursor(accountId: string): Promise<number>;
  /** Settles the requests the lines belong to. Returns those of them whose receipt is still missing. */
  applyLines(accountId: string, lines: readonly LedgerLine[]): Promise<RequestId[]>;
  /** Puts the lines aside, to fetch them all again and compare; `upTo` is the last that the account still tells. */
  forgetLedger(accountId: string, upTo: number): Promise<void>;
  lines(accountId: string, cursor: string | null, limit: number): Promise<LedgerPageRows>;
  /** Lines that the account told otherwise before, or no longer tells; oldest first. */
  formerLines(accountId: string, limit: number): Promise<LedgerLine[]>;
  /** Reports them no longer. */
  acceptFormerLines(accountId: string): Promise<void>;
  /** Returns whether there was no receipt of this request before. */
  saveReceipt(accountId: string, receipt: Receipt): Promise<boolean>;
  /** Goes on with a check for at most `limit` lines, in the reading thread. */
  checkPart(accountId: string, check: StatementCheck, limit: number): Promise<CheckedPart>;
  checkReceipt(accountId: string, requestId: string): Promise<ReceiptReport>;
  saveOrders(accountId: string, orders: readonly Order[]): Promise<void>;
  orders(accountId: string): Promise<Order[]>;
}
