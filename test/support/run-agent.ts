import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const agents = join(import.meta.dirname, '..', 'cli-agents', 'node_modules');
export const agentTimeoutMs = 120_000;
export const codex = '.bin/codex';
export const claudeCode = `@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`;

/** Runs a coding agent to its end, away from this machine's own settings. Resolves to what it printed. */
export function runAgent(
  program: string,
  parameters: readonly string[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<string> {
  const path = join(agents, program);
  if (!existsSync(path)) throw new Error(`${program} is not installed: run \`node scripts/bootstrap.mjs cli-agents\`.`);
  const environment = { PATH: process.env['PATH'] ?? '', ...env };
  return new Promise((resolve, reject) => {
    const child = execFile(
      path,
      parameters,
      { cwd, env: environment, timeout: agentTimeoutMs, maxBuffer: 16e6 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${program} failed: ${stderr.slice(-2000)}${stdout.slice(-2000)}`, { cause: error }));
        else resolve(stdout);
      },
    );
    child.stdin?.end();
  });
}
