import { expect, test } from 'vitest';
import type { PendingLink } from '#shared/contract/links.ts';
import { ownedHome, run } from './cli-fixture.ts';

const pending: PendingLink = {
  id: 'link_1',
  kind: 'provider',
  title: 'Add a provider',
  facts: [{ name: 'Address', value: 'https://evil.example' }],
  warnings: ['It is not a known provider.'],
  toolId: null,
};

test('with --json too, what a link sets is shown before it is asked about, and the result stays one document', async () => {
  const { home } = await ownedHome({
    'links.open': async () => pending,
    'links.accept': async () => ({ done: 'Added.' }),
    'links.dismiss': async ({ id }) => ({ id }),
  });
  const open = (...more: string[]) => {
    const prompts = { secret: async () => 'corvusllm://provider?kind=openai', confirm: async () => true };
    return run(['open-link', '--home', home, '--json', ...more], '', prompts);
  };
  const asked = await open();
  expect(asked.error).toContain('https://evil.example');
  expect(asked.error).toContain('! It is not a known provider.');
  expect(JSON.parse(asked.out)).toEqual({ ...pending, done: 'Added.' });
  expect(await open('--yes')).toMatchObject({ code: 0, error: '' });
});
