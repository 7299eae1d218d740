import type { Receipt } from '#shared/account/receipt.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import { type RequestId, requestIdSchema } from '#shared/ids.ts';
import { parseUsd, zeroUsd } from '#shared/money.ts';
import type { SettledRequest } from '../store/requests/request-records.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import type { AccountClient } from './account-client.ts';

/** A ledger line usually comes well before; only a request that stays without one is asked for. */
const graceMs = 3_000;
const periodMs = 2_000;
const mostPerRound = 20;

export interface ReceiptWatchParts {
  client: Pick<AccountClient, 'receipt'>;
  clock: Clock;
  logger: Logger;
  /** Earlier requests belong to another account, which knows nothing of this one. */
  sinceMs: number;
  settled(settled: SettledRequest): void;
  /** The price that the account publishes for what the receipt bills, in the receipt's version. */
  listedPrice(receipt: Receipt): Promise<ModelPrice | null>;
  /** Stores a receipt as it came. */
  keep(receipt: Receipt): Promise<void>;
}

/**
 * Fetches missing receipts: of prepaid requests without a ledger line (released ones never get one), and of lines
 * without a receipt.
 */
export interface ReceiptWatch {
  /** Rows as the store reports them. */
  see(rows: readonly RequestSummary[]): void;
  /** Asks for these as soon as possible. */
  add(ids: readonly RequestId[]): void;
  /** Asks now for everything that is due. Throws when the account cannot be reached. */
  round(): Promise<void>;
  stop(): void;
}

export function createReceiptWatch({
  client,
  clock,
  logger,
  sinceMs,
  settled,
  listedPrice,
  keep,
}: ReceiptWatchParts): ReceiptWatch {
  const dueMs = new Map<RequestId, number>();
  /** Settled or not, their receipt itself is needed. */
  const wanted = new Set<RequestId>();
  let isRunning = false;

  async function round(): Promise<void> {
    const due = [...dueMs].filter(([, atMs]) => atMs <= clock.nowMs()).slice(0, mostPerRound);
    for (const [id] of due) {
      const receipt = await client.receipt(id);
      if (receipt?.status === 'open') {
        dueMs.set(id, clock.nowMs() + graceMs);
        continue;
      }
      if (receipt) await keep(receipt);
      // A request with a line did arrive, whatever the service answers about its receipt.
      if (receipt || !wanted.has(id))
        settled(receipt ? settledOf(receipt, await listedPrice(receipt)) : neverArrived(id));
      dueMs.delete(id);
      wanted.delete(id);
    }
  }

  const stop = clock.every(periodMs, () => {
    if (isRunning || dueMs.size === 0) return;
    isRunning = true;
    round()
      .catch((error: unknown) => logger.info('account.receipts-unreachable', { message: String(error) }))
      .finally(() => (isRunning = false));
  });

  return {
    see(rows) {
      for (const { id, createdAtMs, lane, status, costKind } of rows) {
        if (lane !== 'prepaid' || status === 'open' || createdAtMs < sinceMs) continue;
        if (wanted.has(id)) continue;
        if (costKind !== 'pending') dueMs.delete(id);
        else if (!dueMs.has(id)) dueMs.set(id, clock.nowMs() + graceMs);
      }
    },
    add(ids) {
      for (const id of ids) {
        wanted.add(id);
        dueMs.set(id, clock.nowMs());
      }
    },
    round,
    stop,
  };
}

/** A receipt as the store saves it. */
export function settledOf(receipt: Receipt, listedPrice: ModelPrice | null): SettledRequest {
  return {
    requestId: requestIdSchema.parse(receipt.requestId),
    costNanoUsd: parseUsd(receipt.cost) ?? zeroUsd,
    balanceAfterNanoUsd: receipt.balanceAfter === null ? null : parseUsd(receipt.balanceAfter),
    modelServed: receipt.modelServed,
    usage: receipt.usage,
    usageSource: receipt.usageSource,
    unitPrices: receipt.unitPrices,
    catalogueVersion: receipt.catalogueVersion,
    billing: receipt.billing ?? null,
    writtenOffNanoUsd: parseUsd(receipt.writtenOff) ?? zeroUsd,
    listedPrice,
  };
}

/** The account never saw the request, so it took nothing for it. */
function neverArrived(requestId: RequestId): SettledRequest {
  return {
    requestId,
    costNanoUsd: zeroUsd,
    balanceAfterNanoUsd: null,
    modelServed: null,
    usage: null,
    usageSource: 'missing',
    unitPrices: null,
    catalogueVersion: null,
    billing: null,
    writtenOffNanoUsd: zeroUsd,
    listedPrice: null,
  };
}
