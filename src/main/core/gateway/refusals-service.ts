import { cutText } from '#shared/cut-text.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { RefusedKind } from '#shared/domain/refused-calls.ts';
import { redactText } from '#shared/redact.ts';
import type { RefusalNotes } from './gateway-service.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import type { Store } from '../store/store.ts';
import type { Emit } from '../emit.ts';
import { createThrottle } from '../throttle.ts';

const longestText = 100;
/** How many kinds are kept apart between two writes; the rest is only counted. */
const mostKinds = 50;
const writeMs = 10_000;
const notifyMs = 1_000;

export interface RefusalsService extends RefusalNotes {
  handlers: Pick<Handlers, 'requests.refusals'>;
  stop(): Promise<void>;
}

export interface RefusalsServiceDeps {
  clock: Clock;
  logger: Logger;
  store: Pick<Store, 'refusals'>;
  emit: Emit;
}

/**
 * Counts refused calls in memory and writes the sums now and then: however many come, and whatever they call
 * themselves, only a few rows are stored. The first of its kind is written at once, so that a person who just entered a
 * wrong key sees it.
 */
export function createRefusalsService({ clock, logger, store, emit }: RefusalsServiceDeps): RefusalsService {
  let kinds = new Map<string, RefusedKind>();
  let others = 0;
  let newestMs = 0;
  let writing: Promise<void> = Promise.resolve();
  const writes = createThrottle(clock, writeMs, () => void write());
  const notices = createThrottle(clock, notifyMs, () => emit('requests.refused', { atMs: newestMs }));

  function add(kind: RefusedKind): void {
    const key = JSON.stringify([kind.errorCode, kind.endpoint, kind.userAgent]);
    const known = kinds.get(key);
    if (!known && kinds.size >= mostKinds) {
      others += kind.count;
      return;
    }
    const count = kind.count + (known?.count ?? 0);
    const firstAtMs = Math.min(kind.firstAtMs, known?.firstAtMs ?? kind.firstAtMs);
    const lastAtMs = Math.max(kind.lastAtMs, known?.lastAtMs ?? kind.lastAtMs);
    kinds.set(key, { ...kind, count, firstAtMs, lastAtMs });
  }

  function write(): Promise<void> {
    writing = writing.then(async () => {
      if (kinds.size === 0 && others === 0) return;
      const batch = { kinds: [...kinds.values()], others };
      kinds = new Map();
      others = 0;
      try {
        await store.refusals.count(batch);
      } catch (error) {
        // If the disk is full, they are written later.
        for (const kind of batch.kinds) add(kind);
        others += batch.others;
        logger.warn('store.refusals-unwritten', { message: String(error) });
      }
    });
    return writing;
  }

  return {
    handlers: {
      async 'requests.refusals'() {
        await write();
        return store.refusals.list();
      },
    },
    note({ receivedAtMs, endpoint, userAgent, httpStatus, errorCode }) {
      add({
        errorCode,
        httpStatus,
        endpoint: stored(endpoint),
        userAgent: userAgent === null ? null : stored(userAgent) || null,
        count: 1,
        firstAtMs: receivedAtMs,
        lastAtMs: receivedAtMs,
      });
      newestMs = receivedAtMs;
      writes.ask();
      notices.ask();
    },
    stop() {
      writes.stop();
      notices.stop();
      return write();
    },
  };
}

/** A misconfigured tool may put its key anywhere. */
function stored(text: string): string {
  return cutText(redactText(cutText(text, 2 * longestText)), longestText);
}
