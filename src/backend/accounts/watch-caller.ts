import { CorvusError } from '#shared/errors.ts';
import { type Authenticator, refuseExpired } from '../auth/authenticator.ts';
import type { KnownCaller } from '../auth/roles.ts';

/**
 * The right of a caller whose call or stream lasts for a while: it ends with the key, revoked here or at any instance.
 */
export interface WatchedCaller {
  /** Whether the key is known to be valid at this moment, and what it may do. */
  isCertain(): boolean;
  /** The caller, once the key is known to be valid. Throws `invalid_api_key` when the right has ended. */
  current(): Promise<KnownCaller>;
  /**
   * Throws `invalid_api_key` when the right is known to have ended; where that is not certain, checks again without
   * waiting.
   */
  requireValid(): void;
  /** It may have ended unnoticed: it is not certain until it has been checked again. */
  doubt(): void;
  stop(): void;
}

type Authority = Pick<Authenticator, 'confirm' | 'watch'>;

/** Follows a key from now on. @param onChange called when the key may have changed: its validity is then not certain */
export function watchCaller(
  authority: Authority,
  first: KnownCaller,
  nowMs: () => number,
  onChange?: () => void,
): WatchedCaller {
  let caller = first;
  let expiresAtMs = expiryOf(first);
  let ended: CorvusError | null = null;
  // Some time may have passed since the key was authenticated.
  let isDue = true;
  let checking: Promise<void> | null = null;
  const stop = authority.watch(first.keyHash, () => {
    isDue = true;
    check().catch(() => undefined);
    onChange?.();
  });

  async function ask(): Promise<void> {
    while (isDue && !ended) {
      isDue = false;
      try {
        caller = await authority.confirm(caller);
        expiresAtMs = expiryOf(caller);
      } catch (error) {
        if (!(error instanceof CorvusError)) {
          isDue = true;
          throw error;
        }
        ended = error;
      }
    }
  }

  /** One check at a time. A change meanwhile leads to another one. */
  function check(): Promise<void> {
    checking ??= ask().finally(() => {
      checking = null;
    });
    return checking;
  }

  const isCertain = (): boolean =>
    !ended && !isDue && checking === null && (expiresAtMs === null || nowMs() < expiresAtMs);

  return {
    isCertain,
    async current() {
      while (!isCertain()) {
        if (ended) throw ended;
        // Asking finds out that a key has expired, or that its end was moved.
        isDue ||= checking === null;
        await check();
      }
      return caller;
    },
    requireValid() {
      if (ended) throw ended;
      if (isCertain() || checking) return;
      refuseExpired(caller, nowMs());
      check().catch(() => undefined);
    },
    doubt() {
      isDue = true;
    },
    stop,
  };
}

function expiryOf({ limits }: KnownCaller): number | null {
  const expiresAt = limits?.expiresAt ?? null;
  return expiresAt === null ? null : Date.parse(expiresAt);
}
