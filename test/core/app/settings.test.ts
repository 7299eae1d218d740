import { expect, test } from 'vitest';
import { defaultSettings } from '#shared/contract/settings.ts';
import { createSettingsService } from '#core/app/settings-service.ts';

/** The settings of a start that finds this text in the database. */
async function settingsFrom(stored: string | null) {
  const settings = { read: async () => stored, write: async () => undefined };
  const ollama = { listen: async () => undefined, state: () => null };
  const service = await createSettingsService({ settings }, () => undefined, {
    ollama,
    checkPort: async () => undefined,
  });
  return service.current();
}

test('a stored value that is no longer valid falls back to its default, and no other with it', async () => {
  const stored = { theme: 'sepia', port: 4_000, keptBackups: 7, somethingOld: true };
  expect(await settingsFrom(JSON.stringify(stored))).toEqual({ ...defaultSettings, port: 4_000, keptBackups: 7 });
});

test.each([null, '', 'not JSON', '[]', '"dark"'])('settings that are %j are the defaults', async (stored) => {
  expect(await settingsFrom(stored)).toEqual(defaultSettings);
});
