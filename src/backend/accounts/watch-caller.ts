import { CorvusError } from '#shared/errors.ts';
import { type Authenticator, refuseExpired } from '../auth/authenticator.ts';
import type { KnownCaller } from '../auth/roles.ts';

/** The right of somebody whose call or stream goes on for a while: it ends with the key, here or at any instance. */
export interface WatchedCaller {
  /** Whether it is certain at this moment that the key stands, and what it may do. */
  readonly isCertain: boolean;
  /** Who calls, once that is certain. Throws `invalid_api_key` when the right has ended. */
  current(): Promise<KnownCaller>;
  /** Throws `invalid_api_key` when the right is known to have ended; asks again, without waiting, where that is not certain. */
  demand(): void;
  /** It may have ended without being heard of: it is not certain until it has been asked for. */
  doubt(): void;
  stop(): void;
}

type Authority = Pick<Authenticator, 'confirm' | 'watch'>;

/** Follows a key from now on. @param onChange told when something of the key may have changed: it is not certain then. */
export function watchCaller(authority: Authority, first: KnownCaller, nowMs: () => number, onChange?: () => void): WatchedCaller {
  let caller = first;
  let expiresAtMs = expiryOf(first);
  let ended: CorvusError | null = null;
  // Some time may have passed since it was authenticated.
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

  /** One question at a time. What it is about may be asked again meanwhile. */
  function check(): Promise<void> {
    checking ??= ask().finally(() => {
      checking = null;
    });
    return checking;
  }

  const isCertain = (): boolean => !ended && !isDue && checking === null && (expiresAtMs === null || nowMs() < expiresAtMs);

  return {
    get isCertain() {
      return isCertain();
    },
    async current() {
      while (!isCertain()) {
        if (ended) throw ended;
        // A key that has expired is found out by asking for it, and so is one whose end was moved.
        isDue ||= checking === null;
        await check();
      }
      return caller;
    },
    demand() {
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
