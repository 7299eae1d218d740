import { promptFor } from './steps.ts';
import type { TaskDialectName } from './task-dialects.ts';

/** A coding agent as its maker ships it, and how a person gives it a task without looking on. */
export interface Agent {
  /** Of its recipe. */
  id: string;
  name: string;
  /** What it speaks. A model of the same dialect gets its requests as they are, so what it forgets is forgotten. */
  dialect: TaskDialectName;
  /** Its program, in a folder `node_modules` of `test/`. */
  program: string;
  /** How the product brings it to Corvus: by its settings, or with `corvusllm run`. */
  by: 'connect' | 'run';
  /** Its settings before it is connected, below the home folder. */
  settings: Readonly<Record<string, string>>;
  environment: Readonly<Record<string, string>>;
  /** The prompt with which a model is to show the file by the agent's own tool. */
  prompt(file: string): string;
  /** Parameters of a new conversation. */
  first(prompt: string): readonly string[];
  /** Of the latest one that goes on; null where it goes on at a terminal only. */
  again: ((prompt: string) => readonly string[]) | null;
}

const platform = `${process.platform}-${process.arch}`;
const shell =
  (name: string, more: object = {}) =>
  (file: string) =>
    promptFor(name, { command: `cat ${file}`, ...more });

export const claudeCode: Agent = {
  id: 'claude-code',
  name: 'Claude Code',
  dialect: 'anthropic-messages',
  program: `cli-agents/node_modules/@anthropic-ai/claude-code-${platform}/claude`,
  by: 'connect',
  settings: {
    '.claude/settings.json':
      '{\n  "cleanupPeriodDays": 7,\n  "env": { "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1" }\n}\n',
  },
  environment: {},
  prompt: shell('Bash', { description: 'Read the note' }),
  first: (prompt) => ['-p', prompt, '--allowedTools', 'Bash'],
  again: (prompt) => ['--continue', '-p', prompt, '--allowedTools', 'Bash'],
};

const codexSettings = `# mine
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
model_reasoning_effort = "medium" # so that models think
`;

export const codex: Agent = {
  id: 'codex',
  name: 'Codex',
  dialect: 'openai-responses',
  program: 'cli-agents/node_modules/.bin/codex',
  by: 'connect',
  settings: { '.codex/config.toml': codexSettings },
  environment: {},
  prompt: (file) => promptFor('exec_command', { cmd: `cat ${file}` }),
  first: (prompt) => ['exec', '--skip-git-repo-check', prompt],
  again: (prompt) => ['exec', 'resume', '--last', '--skip-git-repo-check', prompt],
};
