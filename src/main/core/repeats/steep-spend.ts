import { anyUsage } from '#shared/contract/no-filter.ts';
import { type LocalKeyId, localKeyIdSchema } from '#shared/ids.ts';
import { type NanoUsd, nanoUsd, parseUsd } from '#shared/money.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { dayMs, quarterMs } from '#shared/time.ts';
import type { Store } from '../store/store.ts';
import { createThrottle } from '../throttle.ts';

/** The spend of a key in this quarter of an hour, if it is far above its usual spend. */
export interface Steep {
  startMs: number;
  spent: NanoUsd;
  usual: NanoUsd;
}

/**
 * Compares the spend of each key with its own history, a few times a minute, using the sums that are kept for the Usage
 * page.
 */
export interface SteepSpend {
  /** null: it spends as usual, or its history is too short to tell. */
  of(keyId: LocalKeyId): Steep | null;
  stop(): void;
}

export interface SteepSpendDeps {
  clock: Clock;
  logger: Logger;
  store: Pick<Store, 'rollups' | 'requests'>;
}

const lookEveryMs = 15_000;
const historyMs = 14 * dayMs;
/** Two hours in which anything was spent. */
const leastQuarters = 8;
/** The usual spend is the 90th percentile of the quarters of an hour. */
const usualShare = 0.9;
const times = 5n;
/** Smaller amounts are not worth a warning. */
const leastSpent = 1_000_000_000n;

export function createSteepSpend({ clock, logger, store }: SteepSpendDeps): SteepSpend {
  let usual: { startMs: number; costs: ReadonlyMap<string, NanoUsd> } | null = null;
  let steep: ReadonlyMap<LocalKeyId, Steep> = new Map();
  const looks = createThrottle(
    clock,
    lookEveryMs,
    () => void look().catch((error: unknown) => logger.warn('steep-spend.unread', { cause: String(error) })),
  );
  const stopListening = store.requests.onChanged((rows) => {
    if (rows.some(({ cost }) => cost !== null && (parseUsd(cost) ?? 0n) > 0n)) looks.ask();
  });

  async function look(): Promise<void> {
    const now = clock.nowMs();
    const startMs = now - (now % quarterMs);
    if (usual?.startMs !== startMs)
      usual = { startMs, costs: usualOf(await store.rollups.quarterCosts(startMs - historyMs, startMs)) };
    const { costs } = usual;
    if (costs.size === 0) return;
    const [groups = []] = await store.rollups.sum([startMs, startMs + quarterMs], 'localKeyId', anyUsage);
    const found = groups.flatMap(({ value, costNanoUsd: spent }): [LocalKeyId, Steep][] => {
      const before = costs.get(value);
      const isSteep = before !== undefined && spent >= leastSpent && spent > times * before;
      return isSteep ? [[localKeyIdSchema.parse(value), { startMs, spent, usual: before }]] : [];
    });
    steep = new Map(found);
  }

  return {
    of(keyId) {
      const found = steep.get(keyId);
      return found && clock.nowMs() < found.startMs + quarterMs ? found : null;
    },
    stop() {
      stopListening();
      looks.stop();
    },
  };
}

/** By key: the 90th percentile of the quarters of an hour in which it spent anything. */
function usualOf(quarters: readonly { keyId: string; cost: NanoUsd }[]): Map<string, NanoUsd> {
  const byKey = Map.groupBy(quarters, ({ keyId }) => keyId);
  return new Map(
    [...byKey].flatMap(([keyId, all]): [string, NanoUsd][] => {
      if (keyId === '' || all.length < leastQuarters) return [];
      const costs = all.map(({ cost }) => cost).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      return [[keyId, costs[Math.ceil(costs.length * usualShare) - 1] ?? nanoUsd(0n)]];
    }),
  );
}
