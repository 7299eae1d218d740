import type { Handlers, Input } from '#shared/contract/contract.ts';
import { asObject, parseJson } from '#shared/dialects/json-value.ts';
import { defaultSettings, type Settings, settingsSchema } from '#shared/contract/settings.ts';
import { parseUsd, zeroUsd } from '#shared/money.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Store } from '../store/store.ts';
import type { Emit } from '../emit.ts';
import { createSerialQueue } from '../serial-queue.ts';

const settingName = 'app.settings';

/** Throws `port_taken` for a port that the gateway could not use after its next start. */
export type CheckPort = (port: number) => Promise<void>;

/** The gateway's second address, for Ollama's clients. */
export interface OllamaAddress {
  /** Throws `port_taken`, `conflict`. */
  listen(port: number | null): Promise<void>;
  /** null: it is not wanted. */
  state(): { url: string | null; problem: string | null } | null;
}

interface SettingsDeps {
  ollama: OllamaAddress;
  checkPort: CheckPort;
}

export interface SettingsService {
  handlers: Pick<Handlers, 'settings.get' | 'settings.set'>;
  current(): Settings;
}

/**
 * Reads the settings once; from then on they are in memory. A stored value that is no longer valid falls back to its
 * default.
 */
export async function createSettingsService(
  store: Pick<Store, 'settings'>,
  emit: Emit,
  { ollama, checkPort }: SettingsDeps,
): Promise<SettingsService> {
  let settings = parseSettings(await store.settings.read(settingName));
  // Each change writes all settings, based on the result of the previous change.
  const inTurn = createSerialQueue();
  const handlers = {
    'settings.get': async () => settings,
    'settings.set': (input) => inTurn(() => change(input)),
  } satisfies SettingsService['handlers'];

  async function change(input: Input<'settings.set'>): Promise<Settings> {
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    const changed = settingsSchema.parse({ ...settings, ...given });
    if (changed.lowBalance !== null && (parseUsd(changed.lowBalance) ?? zeroUsd) < zeroUsd) {
      throw new CorvusError('bad_request', 'The low-balance limit cannot be negative.', { param: 'lowBalance' });
    }
    if (changed.port !== settings.port) await checkPort(changed.port);
    if (changed.ollamaPort !== settings.ollamaPort) await ollama.listen(changed.ollamaPort);
    await store.settings.write(settingName, JSON.stringify(changed));
    settings = changed;
    emit('settings.changed', settings);
    return settings;
  }
  return { handlers, current: () => settings };
}

function parseSettings(stored: string | null): Settings {
  const values = stored === null ? null : asObject(parseJson(stored));
  const valid = Object.entries(settingsSchema.shape).flatMap(([name, schema]) => {
    const { success, data } = schema.safeParse(values?.[name]);
    return success ? [[name, data]] : [];
  });
  return settingsSchema.parse({ ...defaultSettings, ...Object.fromEntries(valid) });
}
