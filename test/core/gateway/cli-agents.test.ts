import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryHome } from '../../support/temporary-home.ts';
import { agentTimeoutMs, claudeCode, codex, runAgent } from '../../support/run-agent.ts';
import { type RunningCore, startCore } from './start-core.ts';

const secretWord = 'magpie';

/** One model for each dialect, sold in no other. */
const models = ['glm-4.6', 'gpt-5-pro', 'claude-haiku-4-5'] as const;

interface Bench {
  core: RunningCore;
  key: string;
  home: string;
  /** Holds one note. */
  work: string;
}

async function setUp(): Promise<Bench> {
  const core = await startCore();
  const home = await temporaryHome();
  const work = join(home, 'work');
  await mkdir(work, { recursive: true });
  await writeFile(join(work, 'note.txt'), `the secret word is ${secretWord}\n`);
  return { core, key: await core.newKey(), home, work };
}

function run({ home, work }: Bench, program: string, parameters: readonly string[], environment: Record<string, string>): Promise<string> {
  return runAgent(program, parameters, { cwd: work, env: { HOME: home, ...environment } });
}

describe.each(models)('a coding agent reads a file with its tool, with %s', (model) => {
  test('Codex', { timeout: agentTimeoutMs }, async () => {
    const bench = await setUp();
    const settings = join(bench.home, 'codex');
    await mkdir(settings);
    await writeFile(
      join(settings, 'config.toml'),
      `model_provider = "corvus"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
[model_providers.corvus]
name = "Corvus"
base_url = "${bench.core.url}/v1"
env_key = "CORVUS_KEY"
wire_api = "responses"
`,
    );
    const prompt = '#echo tool exec_command {"cmd":"cat note.txt"}';
    const environment = { CODEX_HOME: settings, CORVUS_KEY: bench.key };
    const said = await run(bench, codex, ['exec', '--skip-git-repo-check', '-m', model, prompt], environment);
    expect(said).toContain(secretWord);
    expect(await bench.core.newest()).toMatchObject({ status: 'completed', endpoint: '/v1/responses', modelRequested: model });
  });

  test('Claude Code', { timeout: agentTimeoutMs }, async () => {
    const bench = await setUp();
    const environment = {
      ANTHROPIC_BASE_URL: `${bench.core.url}/anthropic`,
      ANTHROPIC_AUTH_TOKEN: bench.key,
      ANTHROPIC_MODEL: model,
      ANTHROPIC_SMALL_FAST_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    };
    const prompt = '#echo tool Bash {"command":"cat note.txt","description":"Read the note"}';
    const said = await run(bench, claudeCode, ['-p', prompt, '--allowedTools', 'Bash'], environment);
    expect(said).toContain(secretWord);
    expect(await bench.core.newest()).toMatchObject({ status: 'completed', endpoint: '/v1/messages', modelRequested: model });
  });
});
