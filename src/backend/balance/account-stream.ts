import { CorvusError } from '#shared/errors.ts';
import type { Db } from '../database/open-database.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import type { AccountReading } from './account-reading.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { type KnownCaller, scopeOf } from '../auth/roles.ts';
import { maySee, readSharedLines, writeComment } from '../accounts/shared-events.ts';
import { type WatchedCaller, watchCaller } from '../accounts/watch-caller.ts';
import type { RequestScope } from '../auth/caller.ts';

export interface AccountStreamDeps {
  db: Db;
  clock: Pick<Clock, 'nowMs' | 'after'>;
  logger: Logger;
  authenticator: Pick<Authenticator, 'confirm' | 'watch' | 'receivesAll'>;
  reading: AccountReading;
  /** The stream has ended, at either side. */
  onEnd(): void;
}

/** One client that follows an account. */
export interface AccountStream {
  keyId: string;
  body: ReadableStream<Uint8Array>;
  /** Sends what is new, as far as the client has room for it and may see it. */
  advance(): void;
  /** Sends a keep-alive, unless something else waits to be sent. */
  beat(bytes: Uint8Array): void;
  /** @param why for a person who looks at the bytes */
  end(why: string): void;
}

/**
 * How much waits in this process for a client that reads slowly; beyond it, what is new is read from the database when
 * there is room.
 */
const bufferBytes = 64 * 1024;
const pageSize = 200;
const longestTimerMs = 2 ** 31 - 1;

/**
 * Streams an account to one client within the right it has at each moment. The stream ends with the key, when the key
 * expires, and when the role changes, so that the client reconnects with its new rights. A slow reader gets fewer
 * account events, but every ledger line once.
 * @param after the cursor to catch up from; null starts at the present
 */
export function openAccountStream(parts: AccountStreamDeps, caller: KnownCaller, after: bigint | null): AccountStream {
  return new FollowingStream(parts, caller, after);
}

class FollowingStream implements AccountStream {
  readonly keyId: string;
  readonly body: ReadableStream<Uint8Array>;
  readonly #parts: AccountStreamDeps;
  readonly #caller: KnownCaller;
  readonly #scope: RequestScope;
  readonly #right: WatchedCaller;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #cursor: bigint | null;
  #shownAccount = 0;
  #shownOrders: number | null = null;
  #isBusy = false;
  #isAsked = false;
  #isEnded = false;
  #dueBeat: Uint8Array | null = null;
  #cancelExpiry = (): void => undefined;

  constructor(parts: AccountStreamDeps, caller: KnownCaller, after: bigint | null) {
    this.#parts = parts;
    this.#caller = caller;
    this.#scope = scopeOf(caller);
    this.#cursor = after;
    this.keyId = caller.customerKeyId;
    this.#right = watchCaller(parts.authenticator, caller, parts.clock.nowMs, () => this.advance());
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.advance(),
        cancel: () => this.#stop(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: bufferBytes }),
    );
  }

  /** One run at a time; calls meanwhile are handled by it. */
  advance(): void {
    this.#isAsked = true;
    if (this.#isBusy || this.#isEnded) return;
    this.#isBusy = true;
    void this.#run();
  }

  beat(bytes: Uint8Array): void {
    this.#dueBeat = bytes;
    this.advance();
  }

  end(why: string): void {
    if (this.#isEnded) return;
    this.#push(writeComment(why));
    this.#controller?.close();
    this.#stop();
  }

  #stop(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#cancelExpiry();
    this.#right.stop();
    this.#parts.onEnd();
  }

  async #run(): Promise<void> {
    try {
      while (this.#isAsked && !this.#isEnded) {
        this.#isAsked = false;
        await this.#requireRight();
        await this.#showNew();
        // After the right was confirmed: until then nothing may be shown.
        if (this.#dueBeat && this.#mayShow()) this.#push(this.#dueBeat);
        this.#dueBeat = null;
      }
    } catch (error) {
      if (!(error instanceof CorvusError)) this.#parts.logger.warn('events.failed', { error: String(error) });
      this.end(error instanceof CorvusError ? error.message : 'Something failed here: connect again.');
    } finally {
      this.#isBusy = false;
    }
  }

  async #requireRight(): Promise<void> {
    const right = this.#right;
    if (!this.#parts.authenticator.receivesAll) right.doubt();
    if (right.isCertain()) return;
    const now = await right.current();
    if (!hasSameRights(now, this.#caller))
      throw new CorvusError('invalid_api_key', 'What this key may see has changed: connect again.');
    this.#checkAtExpiry(now);
  }

  #checkAtExpiry({ limits }: KnownCaller): void {
    this.#cancelExpiry();
    const expiresAt = limits?.expiresAt ?? null;
    if (expiresAt === null || this.#isEnded) return;
    const { clock } = this.#parts;
    const delayMs = Math.max(0, Date.parse(expiresAt) - clock.nowMs());
    this.#cancelExpiry = clock.after(Math.min(delayMs, longestTimerMs), () => {
      this.#right.doubt();
      this.advance();
    });
  }

  #mayShow(): boolean {
    return !this.#isEnded && this.#right.isCertain() && (this.#controller?.desiredSize ?? 0) > 0;
  }

  #push(bytes: Uint8Array): void {
    this.#controller?.enqueue(bytes);
  }

  async #showNew(): Promise<void> {
    const { reading } = this.#parts;
    const { account } = reading;
    if (account === null) return;
    // It begins with the totals; afterwards they follow the lines that they count.
    if (this.#shownAccount === 0) this.#showAccount(account);
    this.#shownOrders ??= reading.ordersAfter(0).version;
    this.#cursor = await this.#showLines(this.#cursor ?? reading.cursor);
    this.#showAccount(account);
    if (this.#mayShow() && this.#scope.memberId === null) this.#showOrders(this.#shownOrders);
  }

  #showAccount({ bytes, version }: NonNullable<AccountReading['account']>): void {
    if (!this.#mayShow() || this.#shownAccount === version) return;
    this.#push(bytes);
    this.#shownAccount = version;
  }

  /** @returns the last line that was sent, or skipped because it is not for this member */
  async #showLines(from: bigint): Promise<bigint> {
    const { db, reading } = this.#parts;
    let last = from;
    while (this.#mayShow() && last < reading.cursor) {
      const lines = reading.linesAfter(last) ?? (await readSharedLines(db, this.#scope.accountId, last, pageSize));
      if (lines.length === 0) return last;
      for (const line of lines) {
        if (!this.#mayShow()) return last;
        if (maySee(this.#scope, line)) this.#push(line.bytes);
        last = line.sequence;
      }
    }
    return last;
  }

  #showOrders(after: number): void {
    const { changed, version } = this.#parts.reading.ordersAfter(after);
    for (const bytes of changed) this.#push(bytes);
    this.#shownOrders = version;
  }
}

function hasSameRights(now: KnownCaller, before: KnownCaller): boolean {
  return (
    now.accountId === before.accountId &&
    now.role === before.role &&
    now.memberId === before.memberId &&
    now.scope === before.scope
  );
}
