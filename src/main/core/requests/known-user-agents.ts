/**
 * How tools name themselves in `user-agent`, as lower-case beginnings of one of its words. The first that fits counts:
 * a tool's own word often stands beside that of the library it uses. Libraries are not listed: a program that only
 * names its library is known by its key.
 */
const knownWords: readonly (readonly [word: string, tool: string])[] = [
  ['claude-cli/', 'Claude Code'],
  ['claude-code/', 'Claude Code'],
  ['codex_cli_rs/', 'Codex'],
  ['codex_exec/', 'Codex'],
  ['codex_vscode/', 'Codex'],
  ['codex-tui/', 'Codex'],
  ['opencode/', 'opencode'],
  ['geminicli/', 'Gemini CLI'],
  ['geminicli-', 'Gemini CLI'],
  ['qwencode/', 'Qwen Code'],
  ['cline/', 'Cline'],
  ['roocode/', 'Roo Code'],
  ['kilo-code/', 'Kilo Code'],
  ['crush/', 'Crush'],
  ['charm-crush/', 'Crush'],
  ['factory-cli/', 'Factory Droid'],
  ['goose/', 'Goose'],
  ['aider/', 'Aider'],
  ['continue/', 'Continue'],
  ['kimicli/', 'Kimi CLI'],
  ['mistral-vibe/', 'Mistral Vibe'],
  ['githubcopilotchat/', 'VS Code Copilot Chat'],
  ['zed/', 'Zed'],
  ['cursor/', 'Cursor'],
  ['raycast/', 'Raycast AI'],
];

/** The tool that a user agent names; null where it names none that is known. */
export function toolOfUserAgent(userAgent: string): string | null {
  const words = userAgent.toLowerCase().split(/[\s(),;]+/);
  return knownWords.find(([known]) => words.some((word) => word.startsWith(known)))?.[1] ?? null;
}
