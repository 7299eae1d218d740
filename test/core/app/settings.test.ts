import { expect, test } from 'vitest';
import { defaultSettings } from '#shared/contract/settings.ts';
import { createSettingsService } from '#core/app/settings-service.ts';

/** A start that finds this text in the database. */
async function serviceFrom(stored: string | null) {
  const settings = { read: async () => stored, write: async () => undefined };
  const ollama = { listen: async () => undefined, state: () => null };
  const service = await createSettingsService({ settings }, () => undefined, {
    ollama,
    checkPort: async () => undefined,
  });
  return service;
}

test('a stored value that is no longer valid falls back to its default, and no other with it', async () => {
  const stored = { theme: 'sepia', port: 4_000, keptBackups: 7, somethingOld: true };
  const { current } = await serviceFrom(JSON.stringify(stored));
  expect(current()).toEqual({ ...defaultSettings, port: 4_000, keptBackups: 7 });
});

test.each([null, '', 'not JSON', '[]', '"dark"'])('settings that are %j are the defaults', async (stored) => {
  expect((await serviceFrom(stored)).current()).toEqual(defaultSettings);
});

test('of changes at the same time none takes another back', async () => {
  const { handlers, current } = await serviceFrom(null);
  await Promise.all([handlers['settings.set']({ port: 4_001 }), handlers['settings.set']({ theme: 'dark' })]);
  expect(current()).toMatchObject({ port: 4_001, theme: 'dark' });
});
