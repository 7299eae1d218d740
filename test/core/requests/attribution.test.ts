import { expect, test } from 'vitest';
import { attributionOf } from '#core/requests/attribution.ts';
import { toolOfUserAgent } from '#core/requests/known-user-agents.ts';

const of = (headers: Record<string, string>, sessionId?: string) =>
  attributionOf({ headers, facts: sessionId === undefined ? {} : { sessionId } }, 'Editor');

test.each([
  ['claude-cli/2.1.112 (external, cli)', 'Claude Code'],
  ['codex_cli_rs/0.98.0 (Ubuntu 24.4.0; x86_64) xterm', 'Codex'],
  ['codex_exec/0.98.0 (Debian 12.0.0; x86_64) dumb (codex_exec; 0.98.0)', 'Codex'],
  ['GeminiCLI/0.46.0/gemini-3-pro (linux; x64)', 'Gemini CLI'],
  ['opencode/1.18.0 ai-sdk/provider-utils/4.0.1 runtime/bun/1.3.0', 'opencode'],
  ['QwenCode/0.14.0 (linux; x64)', 'Qwen Code'],
  ['OpenAI/JS 7.55.0', null],
  ['my-cline/1', null],
  ['', null],
])('the user agent %s is of %s', (userAgent, tool) => {
  expect(toolOfUserAgent(userAgent)).toBe(tool);
});

test('the tool is that of its tag, its user agent, or its key', () => {
  expect(of({ 'user-agent': 'OpenAI/JS 7.55.0' }).tool).toBe('Editor');
  expect(of({ 'user-agent': 'claude-cli/2.1.112 (external, cli)' }).tool).toBe('Claude Code');
  expect(of({ 'user-agent': 'claude-cli/2.1.112', 'x-corvus-tag-tool': 'nightly' }).tool).toBe('nightly');
});

test('sessions and agents are read from the headers of the agents, a tag first', () => {
  const claude = {
    'x-claude-code-session-id': 'c1',
    'x-claude-code-agent-id': 'explorer',
    'x-claude-code-parent-agent-id': 'main',
  };
  expect(of(claude, 'of the body')).toMatchObject({
    session: 'c1',
    agent: 'explorer',
    parentAgent: 'main',
    project: null,
    tags: {},
  });
  expect(of({ session_id: 's1', 'x-openai-subagent': 'review', 'x-codex-parent-thread-id': 't1' })).toMatchObject({
    session: 's1',
    agent: 'review',
    parentAgent: 't1',
  });
  expect(of({ ...claude, 'x-corvus-tag-session': ' mine ' }).session).toBe('mine');
  expect(of({}, 'of the body').session).toBe('of the body');
});

test('other tags are kept by name, bounded in number and length', () => {
  expect(
    of({ 'x-corvus-tag-project': 'p', 'x-corvus-tag-team': 'search', 'x-corvus-tag-empty': ' ', 'x-corvus-tag-': 'x' })
      .tags,
  ).toEqual({
    team: 'search',
  });
  const many = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`x-corvus-tag-t${index}`, 'x'.repeat(5_000)]),
  );
  const { tags } = of(many);
  expect(Object.keys(tags)).toHaveLength(20);
  expect(tags['t0']).toHaveLength(200);
});
