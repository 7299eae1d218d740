import type { Handlers } from '#shared/contract/contract.ts';
import type { Emit } from '../emit.ts';
import type { Ports } from '../ports.ts';
import { type Retention, startRetention } from '../requests/retention.ts';
import type { Store } from '../store/store.ts';
import { createBackupsService } from './backups-service.ts';
import type { SettingsService } from './settings-service.ts';

export interface StorageServiceDeps {
  ports: Pick<Ports, 'clock' | 'logger'>;
  store: Store;
  emit: Emit;
  settings: SettingsService;
  onProblem(): void;
  /** The settings have changed. */
  onSettings(): void;
}

export interface StorageService {
  handlers: Pick<Handlers, 'settings.get' | 'settings.set' | 'storage.size' | 'backups.list' | 'backups.create'>;
  /** Why the last backup failed; null: it did not. */
  backupProblem(): string | null;
  start(): void;
  stop(): void;
}

/** What is kept on this machine: how long, how much, and its backups. */
export function createStorageService({
  ports,
  store,
  emit,
  settings,
  onProblem,
  onSettings,
}: StorageServiceDeps): StorageService {
  const backups = createBackupsService({ ports, store, emit, settings: settings.current, onProblem });
  let retention: Retention | null = null;
  const handlers = {
    ...settings.handlers,
    ...backups.handlers,
    'storage.size': () => store.storage.size(),
    /** What the new settings no longer allow to be kept is deleted at once. */
    async 'settings.set'(input) {
      const changed = await settings.handlers['settings.set'](input);
      retention?.clean();
      onSettings();
      return changed;
    },
  } satisfies StorageService['handlers'];
  return {
    handlers,
    backupProblem: backups.problem,
    start() {
      backups.start();
      retention = startRetention({ ...ports, store, settings: settings.current });
    },
    stop() {
      backups.stop();
      retention?.stop();
    },
  };
}
