import type { Agent } from '../support/agents/agents.ts';
import { promptFor } from '../support/agents/steps.ts';

const platform = `${process.platform}-${process.arch}`;
const shell =
  (name: string, more: object = {}) =>
  (file: string) =>
    promptFor(name, { command: `cat ${file}`, ...more });

/** Coding agents that npm has, and that are not among the few of `npm test`. */
export const otherAgents: readonly Agent[] = [
  {
    id: 'gemini-cli',
    name: 'Gemini CLI',
    dialect: 'gemini',
    program: 'clients/node_modules/.bin/gemini',
    by: 'connect',
    settings: { '.gemini/settings.json': '{\n  // mine\n  "general": {\n    "enableAutoUpdate": false\n  }\n}\n' },
    environment: {},
    prompt: shell('run_shell_command'),
    first: (prompt) => ['--skip-trust', '--yolo', '-p', prompt],
    again: (prompt) => ['--skip-trust', '--yolo', '--resume', 'latest', '-p', prompt],
  },
  {
    id: 'opencode',
    name: 'opencode',
    dialect: 'openai-chat',
    program: `clients/node_modules/opencode-${platform}/bin/opencode`,
    by: 'connect',
    settings: { '.config/opencode/opencode.json': '{\n  // mine\n  "autoupdate": false\n}\n' },
    environment: { OPENCODE_DISABLE_MODELS_FETCH: '1' },
    prompt: shell('bash', { description: 'Read the note' }),
    first: (prompt) => ['run', '--auto', prompt],
    again: (prompt) => ['run', '--auto', '--continue', prompt],
  },
  {
    id: 'qwen-code',
    name: 'Qwen Code',
    dialect: 'openai-chat',
    program: 'clients/node_modules/.bin/qwen',
    by: 'connect',
    settings: { '.qwen/settings.json': '{\n  "general": { "enableAutoUpdate": false },\n  "$version": 4\n}\n' },
    environment: {},
    // It loses the output of a command that ends at once.
    prompt: (file) => promptFor('run_shell_command', { command: `cat ${file}; sleep 0.5`, is_background: false }),
    first: (prompt) => ['--yolo', prompt],
    again: (prompt) => ['--yolo', '--continue', prompt],
  },
  {
    id: 'cline-cli',
    name: 'Cline CLI',
    dialect: 'openai-chat',
    program: `clients/node_modules/@cline/cli-${platform}/bin/cline`,
    by: 'connect',
    settings: { '.cline/data/settings/providers.json': '{\n  "version": 1,\n  "modes": {},\n  "providers": {}\n}\n' },
    environment: {},
    prompt: shell('run_commands'),
    first: (prompt) => [prompt],
    again: null,
  },
  {
    id: 'kilo',
    name: 'Kilo CLI',
    dialect: 'openai-chat',
    program: `clients/node_modules/@kilocode/cli-${platform}/bin/kilo`,
    by: 'connect',
    // As it writes them itself.
    settings: {
      '.config/kilo/kilo.json':
        '{\n  "$schema": "https://app.kilo.ai/config.json",\n  "autoupdate": false,\n  "permission": {\n    "bash": "allow"\n  }\n}',
    },
    environment: { KILO_DISABLE_MODELS_FETCH: '1' },
    prompt: shell('bash', { description: 'Read the note' }),
    first: (prompt) => ['run', '--auto', prompt],
    again: (prompt) => ['run', '--auto', '--continue', prompt],
  },
  {
    id: 'continue',
    name: 'Continue',
    dialect: 'openai-chat',
    program: 'clients/node_modules/.bin/cn',
    by: 'connect',
    settings: {},
    environment: {},
    prompt: shell('Bash'),
    first: (prompt) => ['--auto', '-p', prompt],
    again: (prompt) => ['--auto', '--resume', '-p', prompt],
  },
  {
    id: 'pi',
    name: 'Pi',
    dialect: 'openai-chat',
    program: 'clients/node_modules/.bin/pi',
    by: 'connect',
    settings: { '.pi/agent/settings.json': '{\n  "theme": "dark"\n}\n' },
    environment: { PI_OFFLINE: '1' },
    prompt: shell('bash'),
    first: (prompt) => ['-p', prompt],
    again: (prompt) => ['--continue', '-p', prompt],
  },
  {
    id: 'copilot-cli',
    name: 'GitHub Copilot CLI',
    dialect: 'openai-chat',
    program: `clients/node_modules/@github/copilot-${platform}/copilot`,
    by: 'run',
    settings: {},
    environment: { COPILOT_OFFLINE: 'true' },
    prompt: shell('bash', { description: 'Read the note' }),
    first: (prompt) => ['--allow-all', '-p', prompt],
    again: (prompt) => ['--allow-all', '--continue', '-p', prompt],
  },
];
