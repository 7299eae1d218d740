import { access } from 'node:fs/promises';
import type { CaptureSettings } from '#shared/contract/captures.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import { dayMs } from '#shared/time.ts';
import type { Emit } from '../emit.ts';
import type { Ports } from '../ports.ts';
import { type CaptureLimits, capturesPath } from '../store/requests/captures.ts';
import type { Store } from '../store/store.ts';
import { createThrottle } from '../throttle.ts';
import { BodyWatch } from './body-watch.ts';

const notifyMs = 1_000;

export interface CapturesServiceDeps {
  ports: Pick<Ports, 'clock' | 'logger' | 'paths'>;
  store: Pick<Store, 'captures'>;
  emit: Emit;
  settings(): { captures: CaptureSettings };
  /** Secrets that must not be stored, whatever they look like. */
  secretsInUse(): Promise<string[]>;
}

export interface CapturesService {
  bodies: BodyWatch;
  handlers: Pick<Handlers, 'captures.get' | 'captures.size' | 'captures.remove' | 'captures.clear'>;
  /** Deletes what is older than this or than the settings allow, and what is too much. */
  clean(oldestRequestMs: number): Promise<void>;
  stop(): void;
}

/** Bodies of requests, for who wants to see them: off until the settings say otherwise, and bounded in size and age. */
export function createCapturesService(deps: CapturesServiceDeps): CapturesService {
  const { ports, store, emit, settings, secretsInUse } = deps;
  const { clock, logger } = ports;
  const changed = createThrottle(clock, notifyMs, () => emit('captures.changed', null));
  /** No thread is started to say that there is nothing. */
  const isThere = () =>
    access(capturesPath(ports.paths.database)).then(
      () => true,
      () => false,
    );

  function limits(oldestMs: number): CaptureLimits {
    const { megabytes, days } = settings().captures;
    return { mostBytes: megabytes * 1_000_000, oldestMs: Math.max(oldestMs, clock.nowMs() - days * dayMs) };
  }

  const bodies = new BodyWatch({
    captured: () => settings().captures.of,
    async keep(call) {
      try {
        // Not remembered: a new key that is wrong is in the first refusal that it causes.
        await store.captures.keep(call, limits(0), await secretsInUse());
        changed.ask();
      } catch (error) {
        logger.warn('captures.failed', { message: String(error) });
      }
    },
  });

  async function change(task: () => Promise<void>): Promise<null> {
    if (await isThere()) await task();
    changed.ask();
    return null;
  }

  return {
    bodies,
    handlers: {
      'captures.get': async ({ id }) => ((await isThere()) ? store.captures.get(id) : null),
      'captures.size': async () => ((await isThere()) ? store.captures.size() : { count: 0, bytes: 0 }),
      'captures.remove': ({ id }) => change(() => store.captures.remove(id)),
      'captures.clear': () => change(() => store.captures.clear()),
    },
    async clean(oldestRequestMs) {
      if (await isThere()) await store.captures.trim(limits(oldestRequestMs));
    },
    stop: () => changed.stop(),
  };
}
