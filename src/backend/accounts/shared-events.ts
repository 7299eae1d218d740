import type { AccountEvent } from '#shared/account/events.ts';
import type { Db } from '../database/open-database.ts';
import type { OrderRow } from '../database/schema.ts';
import { readRequests } from '../store/request-store.ts';
import { readLines } from '../store/statement-store.ts';
import { ledgerLineOf, orderOf, receiptOf } from '../store/row-views.ts';
import type { RequestScope } from '../auth/caller.ts';

/** A ledger line as it goes to every stream that may see it: serialized once, the same bytes for all. */
export interface SharedLine {
  sequence: bigint;
  /** The member whose request it is for; null: no member's, so members do not see it. */
  memberId: string | null;
  bytes: Uint8Array;
}

/** Lines strictly after a cursor, oldest first, with their receipts. Two statements, however many lines there are. */
export async function readSharedLines(db: Db, accountId: string, after: bigint, limit: number): Promise<SharedLine[]> {
  const rows = await readLines(db, accountId, after, limit);
  const requestIds = rows.flatMap(({ request_id }) => (request_id === null ? [] : [request_id]));
  const requests = new Map((await readRequests(db, accountId, requestIds)).map((request) => [request.id, request]));
  return rows.map((row) => {
    const request = row.request_id === null ? undefined : requests.get(row.request_id);
    const event: AccountEvent = {
      type: 'ledger',
      line: ledgerLineOf(row),
      receipt: request ? receiptOf(request) : null,
    };
    return { sequence: row.sequence, memberId: request?.member_id ?? null, bytes: writeEvent(event, row.sequence) };
  });
}

/** Whether a caller with this scope may see a line. */
export function maySee(scope: RequestScope, line: SharedLine): boolean {
  return scope.memberId === null || line.memberId === scope.memberId;
}

export function writeOrder(row: OrderRow, publicBaseUrl: string): Uint8Array {
  return writeEvent({ type: 'order', order: orderOf(row, publicBaseUrl) });
}

/** An event as bytes of an event stream. @param id what a client that reconnects names as the last one it saw */
export function writeEvent(event: AccountEvent, id: bigint | null = null): Uint8Array {
  return Buffer.from(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n${id === null ? '' : `id: ${id}\n`}\n`);
}

/**
 * A comment line of the event stream, which clients skip: keeps a connection alive, or says to a person why it ends.
 */
export function writeComment(text: string): Uint8Array {
  return Buffer.from(`: ${text.replaceAll(/[\r\n]+/g, ' ')}\n\n`);
}
