import type { Backup, Backups } from '#shared/contract/storage.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { Settings } from '#shared/contract/settings.ts';
import { toCorvusError } from '#shared/errors.ts';
import { dayMs, hourMs, minuteMs } from '#shared/time.ts';
import type { Emit } from '../emit.ts';
import type { Ports } from '../ports.ts';
import type { Store } from '../store/store.ts';

/** Not right at the start, which is busy enough. So a command that opens the data folder briefly makes no backup. */
const firstMs = minuteMs;

export interface BackupsServiceDeps {
  ports: Pick<Ports, 'clock' | 'logger'>;
  store: Pick<Store, 'backups'>;
  emit: Emit;
  settings(): Pick<Settings, 'keptBackups'>;
  /** The result of the last attempt changed. */
  onProblem(): void;
}

export interface BackupsService {
  handlers: Pick<Handlers, 'backups.list' | 'backups.create'>;
  /** Why the last attempt failed; null: it did not. */
  problem(): string | null;
  start(): void;
  stop(): void;
}

/** A backup of the database each day while Corvus runs, and on request. */
export function createBackupsService({ ports, store, emit, settings, onProblem }: BackupsServiceDeps): BackupsService {
  const { clock, logger } = ports;
  let problem: string | null = null;
  let underWay: Promise<Backup> | null = null;
  let stops: (() => void)[] = [];

  const list = async (): Promise<Backups> => ({ ...(await store.backups.list()), problem });

  async function make(): Promise<Backup> {
    try {
      const backup = await store.backups.create(settings().keptBackups);
      problem = null;
      logger.info('backup.made', { path: backup.path, bytes: backup.bytes });
      return backup;
    } catch (error) {
      problem = toCorvusError(error).message;
      logger.error('backup.failed', { message: problem });
      throw error;
    } finally {
      underWay = null;
      onProblem();
      emit('backups.changed', await list());
    }
  }

  const create = (): Promise<Backup> => (underWay ??= make());

  async function makeDaily(): Promise<void> {
    if (settings().keptBackups === 0) return;
    const { kept } = await store.backups.list();
    const nowMs = clock.nowMs();
    const newest = kept.find(({ atMs }) => atMs <= nowMs);
    if (!newest || nowMs - newest.atMs >= dayMs) await create();
  }

  // Whatever fails is shown as the problem.
  const runDaily = () => void makeDaily().catch(() => undefined);
  return {
    handlers: { 'backups.list': list, 'backups.create': create },
    problem: () => problem,
    start() {
      stops = [clock.after(firstMs, runDaily), clock.every(hourMs, runDaily)];
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}
