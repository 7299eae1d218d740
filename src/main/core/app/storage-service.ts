import type { Handlers } from '#shared/contract/contract.ts';
import type { Emit } from '../emit.ts';
import type { Ports } from '../ports.ts';
import { type CapturesService, createCapturesService } from '../requests/captures-service.ts';
import { type Retention, startRetention } from '../requests/retention.ts';
import type { Store } from '../store/store.ts';
import { createBackupsService } from './backups-service.ts';
import { type SecretHolders, secretsInUse } from './secrets-in-use.ts';
import type { SettingsService } from './settings-service.ts';

export interface StorageServiceDeps extends SecretHolders {
  ports: Pick<Ports, 'clock' | 'logger' | 'paths'>;
  store: Store;
  emit: Emit;
  settings: SettingsService;
  onProblem(): void;
  /** The settings have changed. */
  onSettings(): void;
}

export interface StorageService {
  handlers: SettingsService['handlers'] &
    CapturesService['handlers'] &
    Pick<Handlers, 'storage.size' | 'backups.list' | 'backups.create'>;
  /** Collects bodies of calls, if the settings say so. */
  bodies: CapturesService['bodies'];
  /** Why the last backup failed; null: it did not. */
  backupProblem(): string | null;
  start(): void;
  stop(): void;
}

/** What is kept on this machine: how long, how much, its backups, and bodies. */
export function createStorageService(parts: StorageServiceDeps): StorageService {
  const { ports, store, settings, onSettings } = parts;
  const backups = createBackupsService({ ...parts, settings: settings.current });
  const captures = createCapturesService({
    ...parts,
    settings: settings.current,
    secretsInUse: () => secretsInUse(parts),
  });
  let retention: Retention | null = null;
  const handlers = {
    ...settings.handlers,
    ...backups.handlers,
    ...captures.handlers,
    'storage.size': () => store.storage.size(),
    /** Anything that the new settings do not allow to be kept is deleted at once. */
    async 'settings.set'(input) {
      const changed = await settings.handlers['settings.set'](input);
      retention?.clean();
      onSettings();
      return changed;
    },
  } satisfies StorageService['handlers'];
  return {
    handlers,
    bodies: captures.bodies,
    backupProblem: backups.problem,
    start() {
      backups.start();
      retention = startRetention({ ...ports, store, captures, settings: settings.current });
    },
    stop() {
      backups.stop();
      captures.stop();
      retention?.stop();
    },
  };
}
