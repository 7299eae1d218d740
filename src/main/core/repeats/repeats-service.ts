import type { Handlers } from '#shared/contract/contract.ts';
import type { RepeatTotals } from '#shared/domain/repeat.ts';
import type { RequestId } from '#shared/ids.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import type { Emit } from '../emit.ts';
import type { Notify } from '../ports.ts';
import type { Store } from '../store/store.ts';
import type { RepeatCount } from '../store/tables/repeats-table.ts';
import { createThrottle } from '../throttle.ts';
import { createRepeatBreaker, type RepeatBreaker, type Repeated } from './repeat-breaker.ts';
import { createSteepSpend } from './steep-spend.ts';
import { createToolLoops, type ToolLoops } from './tool-loops.ts';

const writeMs = 1_000;
/** Clients with a limited number of retries stop earlier; the person is notified of one that does not. */
const notifiedAt = 10;

export interface RepeatsService {
  handlers: ToolLoops['handlers'] & Pick<Handlers, 'repeats.list' | 'repeats.let-through'>;
  breaker: RepeatBreaker;
  loops: Pick<ToolLoops, 'check'>;
  /** One more of these was answered here. */
  answered(repeated: Repeated): void;
  stop(): Promise<void>;
}

export interface RepeatsServiceDeps {
  clock: Clock;
  logger: Logger;
  notify: Notify;
  store: Pick<Store, 'repeats' | 'rollups' | 'requests'>;
  emit: Emit;
  /** Whether the account reports its balance by itself, now. */
  seesBalance(): boolean;
}

/**
 * Counts what the repeat breaker answers. The sums are written periodically, so a loop makes one row, however long it
 * runs.
 */
export function createRepeatsService({
  clock,
  logger,
  notify,
  store,
  emit,
  seesBalance,
}: RepeatsServiceDeps): RepeatsService {
  const steepSpend = createSteepSpend({ clock, logger, store });
  const loops = createToolLoops({ clock, notify, emit, steepSpend });
  const breaker = createRepeatBreaker({ nowMs: clock.nowMs, seesBalance });
  const unwritten = new Map<RequestId, RepeatCount>();
  let writing: Promise<void> = Promise.resolve();
  const writes = createThrottle(
    clock,
    writeMs,
    () => void write().then(async () => emit('repeats.changed', await list())),
  );

  function write(): Promise<void> {
    writing = writing.then(async () => {
      const rows = [...unwritten.values()];
      unwritten.clear();
      if (rows.length === 0) return;
      await store.repeats
        .count(rows)
        .catch((error: unknown) => logger.warn('store.repeats-unwritten', { message: String(error) }));
    });
    return writing;
  }

  async function list(): Promise<RepeatTotals> {
    const totals = await store.repeats.list();
    return {
      ...totals,
      requests: totals.requests.map((request) => ({ ...request, isHeld: breaker.isHeld(request.requestId) })),
    };
  }

  return {
    breaker,
    loops,
    handlers: {
      ...loops.handlers,
      async 'repeats.list'() {
        await write();
        return list();
      },
      async 'repeats.let-through'({ id }) {
        const wasHeld = breaker.letThrough(id);
        writes.ask();
        return { wasHeld };
      },
    },
    answered(repeated) {
      const { failure, keyLabel, answered } = repeated;
      unwritten.set(failure.requestId, countOf(repeated));
      writes.ask();
      if (answered !== notifiedAt) return;
      const body = `It was refused before, so Corvus answers it and sends it nowhere. Let it through under Requests.`;
      notify.show({ title: `${keyLabel} sends the same request again and again`, body });
    },
    async stop() {
      steepSpend.stop();
      loops.stop();
      writes.stop();
      await write();
    },
  };
}

function countOf({ failure, keyId, keyLabel, model, answered, saved, firstAtMs, lastAtMs }: Repeated): RepeatCount {
  const { requestId, httpStatus, errorCode } = failure;
  return { requestId, keyId, keyLabel, model, httpStatus, errorCode, answered, saved, firstAtMs, lastAtMs };
}
