import { expect, test } from 'vitest';
import { startServices } from '../../support/services-fixture.ts';

test('a person is told that others could read what protects the stored keys (A11)', async () => {
  const noticesOf = async (secretsWarning: string | null) => {
    await using services = await startServices({ secretsWarning });
    return (await services.handlers['app.status'](undefined)).notices;
  };
  expect(await noticesOf(null)).toEqual([]);
  expect(await noticesOf('Make new keys.')).toMatchObject([
    { id: 'secrets.exposed', level: 'warning', text: 'Make new keys.' },
  ]);
});
