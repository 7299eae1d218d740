import { spawn } from 'node:child_process';
import process from 'node:process';

/**
 * Runs a program to its end. Its output goes to standard error: all of it, or only when it fails.
 * @param {string} command
 * @param {string[]} parameters
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, isQuiet?: boolean, shell?: boolean }} [options]
 * @returns {Promise<{ code: number | null, output: string }>} the code is null when it could not be started or took too long
 */
export function runCommand(command, parameters, { cwd, env, timeoutMs = 0, isQuiet = false, shell = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, {
      cwd,
      env,
      shell,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        if (!isQuiet) process.stderr.write(chunk);
      });
    }
    child.on('error', (error) => resolve({ code: null, output: `${output}${error.message}` }));
    child.on('close', (code) => resolve({ code, output }));
  });
}
