import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { toolIdSchema } from '#shared/domain/tool.ts';
import { agentTimeoutMs, claudeCode, codex, runAgent } from '../../support/run-agent.ts';
import { startCore } from '../gateway/start-core.ts';

/** Each agent as its user has set it up: with a key of their own choice, by hand. */
const agents = [
  {
    id: toolIdSchema.parse('codex'),
    name: 'Codex',
    file: '.codex/config.toml',
    program: codex,
    parameters: ['exec', '--skip-git-repo-check', '#echo tool exec_command {"cmd":"cat note.txt"}'],
    settings: (url: string, key: string) => `# mine
model = "gpt-5-pro"
model_provider = "mine" # by hand
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false

[model_providers.mine]
name = "Mine"
base_url = "${url}/v1"
wire_api = "responses"
experimental_bearer_token = "${key}"
`,
  },
  {
    id: toolIdSchema.parse('claude-code'),
    name: 'Claude Code',
    file: '.claude/settings.json',
    program: claudeCode,
    parameters: ['-p', '#echo tool Bash {"command":"cat note.txt","description":"Read the note"}', '--allowedTools', 'Bash'],
    settings: (url: string, key: string) =>
      `{\n  "env": { "ANTHROPIC_BASE_URL": "${url}/anthropic", "ANTHROPIC_AUTH_TOKEN": "${key}", "ANTHROPIC_MODEL": "claude-haiku-4-5", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1" }\n}\n`,
  },
];

test.each(agents)('$name is connected, does a task, is undone, and does it as before', { timeout: 2 * agentTimeoutMs }, async (agent) => {
  const core = await startCore();
  const { id, program, parameters } = agent;
  const [file, work] = [join(core.home, agent.file), join(core.home, 'work')];
  const before = agent.settings(core.url, await core.newKey());
  await mkdir(work);
  await mkdir(dirname(file));
  await writeFile(join(work, 'note.txt'), 'the secret word is magpie\n');
  await writeFile(file, before);
  const task = () => runAgent(program, parameters, { cwd: work, env: { HOME: core.home } });

  const { seen } = await core.handlers['tools.plan']({ id, model: 'claude-haiku-4-5', terminal: [] });
  const connected = await core.handlers['tools.connect']({ id, model: 'claude-haiku-4-5', seen });
  expect(await task()).toContain('magpie');
  expect(await core.newest()).toMatchObject({
    status: 'completed',
    localKeyId: connected.connection?.keyId,
    modelRequested: 'claude-haiku-4-5',
  });

  await core.handlers['tools.undo']({ id });
  expect(await readFile(file, 'utf8')).toBe(before);
  expect(await task()).toContain('magpie');
  expect(await core.newest()).toMatchObject({ status: 'completed', localKeyLabel: 'tool' });
});
