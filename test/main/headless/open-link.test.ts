import { expect, test } from 'vitest';
import type { PendingLink } from '#shared/contract/links.ts';
import { type Tool, toolIdSchema } from '#shared/domain/tool.ts';
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

test('without a terminal it says how a link is handed over', async () => {
  expect(await run(['open-link'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('the link on standard input, with --stdin'),
  });
});

test('with --json too, what connecting a tool changes is shown before it is asked about', async () => {
  const id = toolIdSchema.parse('codex');
  const file = { path: '/home/me/.codex/config.toml', isNew: true, linksTo: null };
  const tool: Tool = {
    id,
    name: 'Codex',
    dialect: 'openai-responses',
    setup: 'files',
    foundAt: null,
    connection: null,
    overrides: [],
    steps: [],
    notes: [],
    whenStopped: 'It fails.',
    proof: { by: 'documentation', what: 'Its own.' },
  };
  const { home } = await ownedHome({
    'tools.plan': async () => ({
      id,
      model: 'glm-4.6',
      models: ['glm-4.6'],
      files: [{ ...file, diff: [{ kind: 'added', text: 'model_provider = "corvus"' }] }],
      seen: 'seen',
      overrides: [],
    }),
    'tools.connect': async () => tool,
  });
  const asked = await run(['tools', 'connect', 'codex', '--json', '--home', home], '', {
    secret: async () => '',
    confirm: async () => true,
  });
  expect(asked.error).toContain('+ model_provider = "corvus"');
  expect(JSON.parse(asked.out)).toEqual(tool);
});
