import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

const scripts = join(import.meta.dirname, '..', '..', 'scripts');

export interface ScriptResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** A folder with the real scripts and whatever else a test puts there. */
export async function createCheckout() {
  const root = await mkdtemp(join(tmpdir(), 'corvus-checkout-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await cp(scripts, join(root, 'scripts'), { recursive: true });
  await writeFile(join(root, 'package.json'), '{"type":"module"}');

  return {
    root,
    async write(path: string, text: string, mode = 0o644): Promise<void> {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text, { mode });
    },
    read: (path: string): Promise<string> => readFile(join(root, path), 'utf8'),
    run: (
      script: string,
      parameters: readonly string[],
      environment: Record<string, string> = {},
    ): Promise<ScriptResult> =>
      run(join(root, 'scripts', script), parameters, { PATH: process.env['PATH'] ?? '', ...environment }),
  };
}

function run(script: string, parameters: readonly string[], env: Record<string, string>): Promise<ScriptResult> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...parameters], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}
