import { CorvusError } from '#shared/errors.ts';
import type { Db } from '../database/open-database.ts';
import type { BackendClock, BackendLogger } from '../ports.ts';
import type { AccountReading } from './account-reading.ts';
import type { Authenticator } from './authenticator.ts';
import { type KnownCaller, scopeOf } from './roles.ts';
import { maySee, readSharedLines, writeComment } from './shared-events.ts';
import { watchCaller } from './watch-caller.ts';

export interface AccountStreamParts {
  db: Db;
  clock: Pick<BackendClock, 'nowMs' | 'after'>;
  logger: BackendLogger;
  authenticator: Pick<Authenticator, 'confirm' | 'watch' | 'hearsAll'>;
  reading: AccountReading;
  /** It has ended, whoever ended it. */
  onEnd(): void;
}

/** One client that follows an account. */
export interface AccountStream {
  keyId: string;
  body: ReadableStream<Uint8Array>;
  /** Shows what is new, as far as the client has room for it and may see it. */
  advance(): void;
  /** Says that the connection is alive, where nothing else waits to be said. */
  beat(bytes: Uint8Array): void;
  /** @param why said to a person who looks at the bytes */
  end(why: string): void;
}

/** What waits in this process for a client that reads slowly; beyond it, what is new is read from the database when there is room. */
const bufferBytes = 64 * 1024;
const pageSize = 200;
const longestTimerMs = 2 ** 31 - 1;

/**
 * What somebody follows of an account, as their right to it stands at each moment: it ends with the key, with its time, and when the role
 * changes, so that the client comes back with what it may see by then. A slow reader gets fewer account events and every ledger line once.
 * @param after the cursor to catch up from; null starts at the present
 */
export function openAccountStream(parts: AccountStreamParts, caller: KnownCaller, after: bigint | null): AccountStream {
  const { db, clock, authenticator, reading } = parts;
  const scope = scopeOf(caller);
  const right = watchCaller(authenticator, caller, clock.nowMs, () => advance());
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  let cursor = after;
  let shownAccount = 0;
  let shownOrders: number | null = null;
  let [isBusy, isAsked, isEnded] = [false, false, false];
  let cancelExpiry = (): void => undefined;

  const mayShow = (): boolean => !isEnded && right.isCertain && (controller?.desiredSize ?? 0) > 0;
  const push = (bytes: Uint8Array): void => controller?.enqueue(bytes);

  function stop(): void {
    isEnded = true;
    cancelExpiry();
    right.stop();
    parts.onEnd();
  }

  function end(why: string): void {
    if (isEnded) return;
    push(writeComment(why));
    controller?.close();
    stop();
  }

  async function demandRight(): Promise<void> {
    if (!authenticator.hearsAll) right.doubt();
    if (right.isCertain) return;
    const now = await right.current();
    if (!hasSameRights(now, caller)) throw new CorvusError('invalid_api_key', 'What this key may see has changed: connect again.');
    wakeAtExpiry(now);
  }

  function wakeAtExpiry({ limits }: KnownCaller): void {
    cancelExpiry();
    const expiresAt = limits?.expiresAt ?? null;
    if (expiresAt === null || isEnded) return;
    cancelExpiry = clock.after(Math.min(Math.max(0, Date.parse(expiresAt) - clock.nowMs()), longestTimerMs), advance);
  }

  async function showNew(): Promise<void> {
    if (reading.account === null) return;
    const { bytes, version } = reading.account;
    if (mayShow() && shownAccount !== version) {
      push(bytes);
      shownAccount = version;
    }
    shownOrders ??= reading.ordersAfter(0).version;
    const shown = await showLines(cursor ?? reading.cursor);
    cursor = shown;
    if (mayShow() && scope.memberId === null) showOrders(shownOrders);
  }

  /** @returns the last line that was shown, or passed over because it is not for this member */
  async function showLines(from: bigint): Promise<bigint> {
    let last = from;
    while (mayShow() && last < reading.cursor) {
      const lines = reading.linesAfter(last) ?? (await readSharedLines(db, scope.accountId, last, pageSize));
      if (lines.length === 0) return last;
      for (const line of lines) {
        if (!mayShow()) return last;
        if (maySee(scope, line)) push(line.bytes);
        last = line.sequence;
      }
    }
    return last;
  }

  function showOrders(after: number): void {
    const { changed, version } = reading.ordersAfter(after);
    for (const bytes of changed) push(bytes);
    shownOrders = version;
  }

  async function run(): Promise<void> {
    try {
      while (isAsked && !isEnded) {
        isAsked = false;
        await demandRight();
        await showNew();
      }
    } catch (error) {
      if (!(error instanceof CorvusError)) parts.logger.warn('events.failed', { error: String(error) });
      end(error instanceof CorvusError ? error.message : 'Something failed here: connect again.');
    } finally {
      isBusy = false;
    }
  }

  /** One run at a time: what is asked meanwhile is seen to by it. */
  function advance(): void {
    isAsked = true;
    if (isBusy || isEnded) return;
    isBusy = true;
    void run();
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start(started) {
        controller = started;
      },
      pull: () => advance(),
      cancel() {
        if (!isEnded) stop();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: bufferBytes }),
  );
  return {
    keyId: caller.customerKeyId,
    body,
    advance,
    beat(bytes) {
      if (!authenticator.hearsAll) advance();
      else if (mayShow()) push(bytes);
    },
    end,
  };
}

function hasSameRights(now: KnownCaller, before: KnownCaller): boolean {
  return now.accountId === before.accountId && now.role === before.role && now.memberId === before.memberId && now.scope === before.scope;
}
