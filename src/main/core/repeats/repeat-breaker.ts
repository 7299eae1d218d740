import type { CorvusError } from '#shared/errors.ts';
import type { LocalKeyId, RequestId } from '#shared/ids.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { hourMs, minuteMs } from '#shared/time.ts';
import { createEntryIndex, type Group } from './entry-index.ts';

/** How a request ended that got no answer. */
export interface Failure {
  requestId: RequestId;
  httpStatus: number;
  errorCode: string | null;
  /** The response that the client got. null: too large to be kept. */
  told: CorvusError | Buffer | null;
  message: string | null;
  /**
   * `here`: refused by Corvus itself before anything was sent, so it is decided again each time. `balance`: until the
   * prepaid account has more money. `passing`: the same request may succeed soon. `lasting`: only a change helps.
   */
  kind: 'here' | 'balance' | 'passing' | 'lasting';
  /** How long the failing upstream asks to wait; null: it did not say. */
  retryAfterMs: number | null;
  /** The least that the request would have cost; null: not known. */
  estimate: NanoUsd | null;
}

/** The sender and the content of a request. */
export interface Sender {
  keyId: LocalKeyId;
  keyLabel: string;
  model: string;
}

/** A request that failed at least once, and what happened to its repeats. */
export interface Repeated extends Sender {
  readonly failure: Failure;
  readonly answered: number;
  readonly saved: NanoUsd | null;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

interface Entry extends Repeated {
  failure: Failure;
  /** Requests sent since the first failure, including those in flight. */
  tries: number;
  /** Failures among those tries. */
  failures: number;
  answered: number;
  saved: NanoUsd | null;
  firstAtMs: number;
  lastAtMs: number;
  /** When one more is sent; null: not before something changes. */
  untilMs: number | null;
}

export interface RepeatBreaker {
  /** Whether a request of this group failed lately. */
  knows(group: Group): boolean;
  /** What answers the request; null: it may be sent. */
  hold(group: Group, digest: string): { repeated: Repeated; retryAfterMs: number | null } | null;
  failed(group: Group, digest: string, sender: Sender, failure: Failure): void;
  /** Corvus refused it once more by itself. @returns what it repeats; null: it has a row of its own */
  refusedHere(group: Group, digest: string): Repeated | null;
  /** It was answered. */
  passed(group: Group, digest: string): void;
  /**
   * It ended without an answer and without a failure that counts: its client left, or it was not sent for a reason that
   * passes.
   */
  left(group: Group, digest: string): void;
  /** Whether this request is answered here now. */
  isHeld(requestId: RequestId): boolean;
  letThrough(requestId: RequestId): boolean;
  /** Something changed that may let any of them succeed. */
  forgetAll(): void;
  /** The prepaid account has more money than before. */
  forgetBalance(): void;
}

/** How many identical requests are sent before Corvus answers. */
const mostTries = 2;
const mostEntries = 1_000;
/** The first wait is shorter than a client's own before its third try. */
const passingMs = { first: 500, longest: minuteMs };
const lastingMs = { first: 30_000, longest: 600_000 };
/** If the account does not report its balance, a request is sent again after this time. */
const unseenBalanceMs = minuteMs;
const growth = 4;
const longestSilenceMs = hourMs;

interface RepeatBreakerDeps {
  nowMs(): number;
  /** Whether the account reports its balance by itself, now. */
  seesBalance(): boolean;
}

/**
 * Remembers requests that failed, so that one that is sent again and again is answered in place of its upstream. In
 * memory only: the digest of a body, and what its client was told.
 */
export function createRepeatBreaker({ nowMs, seesBalance }: RepeatBreakerDeps): RepeatBreaker {
  const index = createEntryIndex<Entry>(mostEntries);

  function find(group: Group, digest: string): Entry | null {
    const entry = index.find(group, digest);
    if (!entry || isRecent(entry, nowMs())) return entry;
    index.remove(entry);
    return null;
  }

  function use(entry: Entry, group: Group, digest: string): void {
    entry.lastAtMs = nowMs();
    index.use(entry, { group, digest });
  }

  const forget = (which: (entry: Entry) => boolean): void => index.all().filter(which).forEach(index.remove);
  const ofRequest = (id: RequestId) => index.all().find(({ failure }) => failure.requestId === id);

  return {
    knows: index.knows,
    hold(group, digest) {
      const entry = find(group, digest);
      if (!entry) return null;
      if (!isHeldAt(entry, nowMs())) {
        entry.tries += 1;
        return null;
      }
      use(entry, group, digest);
      count(entry);
      const { failure, untilMs: endMs } = entry;
      return { repeated: entry, retryAfterMs: failure.kind === 'passing' && endMs !== null ? endMs - nowMs() : null };
    },
    failed(group, digest, sender, failure) {
      const now = nowMs();
      const entry = find(group, digest) ?? newEntry(sender, failure, now);
      const failures = entry.failures + 1;
      // What is answered from now on counts at the row of this one.
      Object.assign(entry, { failure, failures, tries: Math.max(entry.tries, failures), answered: 0, saved: null });
      entry.untilMs = untilMs(failure, failures, now, seesBalance());
      use(entry, group, digest);
    },
    refusedHere(group, digest) {
      const entry = find(group, digest);
      if (!entry || entry.failure.kind !== 'here' || entry.failures < mostTries) return null;
      use(entry, group, digest);
      giveBack(entry);
      count(entry);
      return entry;
    },
    passed(group, digest) {
      const entry = find(group, digest);
      if (entry) index.remove(entry);
    },
    left: (group, digest) => giveBack(find(group, digest)),
    isHeld(requestId) {
      const entry = ofRequest(requestId);
      return entry !== undefined && isHeldAt(entry, nowMs());
    },
    letThrough(requestId) {
      const entry = ofRequest(requestId);
      if (!entry) return false;
      index.remove(entry);
      return isHeldAt(entry, nowMs());
    },
    forgetAll: () => forget(() => true),
    forgetBalance: () => forget(({ failure }) => failure.kind === 'balance'),
  };
}

function newEntry(sender: Sender, failure: Failure, now: number): Entry {
  return {
    ...sender,
    failure,
    tries: 1,
    failures: 0,
    answered: 0,
    saved: null,
    firstAtMs: now,
    lastAtMs: now,
    untilMs: 0,
  };
}

function isHeldAt({ failure, tries, failures, untilMs }: Entry, now: number): boolean {
  if (failure.kind === 'here' || tries < mostTries) return false;
  if (untilMs === null || now < untilMs) return true;
  // Only one request at a time probes whether it still fails.
  return failure.kind !== 'passing' && failures < tries;
}

/** A time in the future was recorded while the clock was wrong, and so was the end of its wait. */
function isRecent({ lastAtMs }: Entry, now: number): boolean {
  return lastAtMs <= now && now - lastAtMs <= longestSilenceMs;
}

/** A try ended without showing whether it still fails: the next request may probe. */
function giveBack(entry: Entry | null): void {
  if (entry) entry.tries = Math.max(entry.failures, entry.tries - 1);
}

/** One more was answered here. */
function count(entry: Entry): void {
  const { estimate } = entry.failure;
  entry.answered += 1;
  entry.saved = estimate === null ? entry.saved : nanoUsd((entry.saved ?? 0n) + estimate);
}

/** null: not before something changes. */
function untilMs({ kind, retryAfterMs }: Failure, failures: number, now: number, seesBalance: boolean): number | null {
  if (kind === 'balance') return seesBalance ? null : now + unseenBalanceMs;
  const { first, longest } = kind === 'passing' ? passingMs : lastingMs;
  const grown = Math.min(first * growth ** Math.max(0, failures - mostTries), longest);
  // A limit of hours may be lifted sooner, or another candidate may answer.
  return now + (kind === 'passing' && retryAfterMs !== null ? Math.min(Math.max(retryAfterMs, 0), longest) : grown);
}
