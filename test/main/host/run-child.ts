import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface TestChild {
  process: ChildProcess;
  /** The first line on standard output, or what was said on standard error before the end. */
  firstLine: Promise<string>;
  ended: Promise<number | null>;
}

/** Runs a TypeScript file of this folder in a process of its own; killed when the test ends. */
export function runChild(file: URL, parameters: readonly string[], environment: NodeJS.ProcessEnv = {}): TestChild {
  const child = spawn(process.execPath, [fileURLToPath(file), ...parameters], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  const firstLine = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void ended.then((code) => reject(new Error(`ended with ${code}: ${complaints}`)));
  });
  firstLine.catch(() => undefined);
  return { process: child, firstLine, ended };
}
