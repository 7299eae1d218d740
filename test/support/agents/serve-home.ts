import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { z } from 'zod';
import type { TaskDialectName } from './task-dialects.ts';
import type { TaskUpstream } from './task-upstream.ts';
import { builtCli } from '../built-program.ts';

const readySchema = z.object({ gateway: z.string() });

/** A person's home folder in which Corvus runs, in a process of its own. */
export interface ServedHome extends AsyncDisposable {
  home: string;
  url(): string;
  /** A command as the person types it. Rejects with what it printed when it fails. */
  corvusllm(parameters: readonly string[], stdin?: string): Promise<string>;
  /** Ends the process, and starts another on the same folder and port. */
  restart(): Promise<void>;
}

/** How the command line is started here, for commands that another program starts. */
export const corvusCommand: readonly [string, string] = [process.execPath, builtCli];

/** Without play money: only the providers of a test answer. */
export async function serveHome(home: string): Promise<ServedHome> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, HOME: home, CORVUSLLM_HOME: join(home, '.corvus') };
  let serving = await serve(env, 0);
  return {
    home,
    url: () => serving.url,
    corvusllm: (parameters, stdin = '') =>
      new Promise((resolve, reject) => {
        const child = execFile(process.execPath, [builtCli, ...parameters], { env }, (error, out, text) => {
          if (error) reject(new Error(`corvusllm ${parameters.join(' ')}: ${text}${out}`, { cause: error }));
          else resolve(out);
        });
        child.stdin?.end(stdin);
      }),
    async restart() {
      await stop(serving.process);
      serving = await serve(env, Number(new URL(serving.url).port));
    },
    [Symbol.asyncDispose]: () => stop(serving.process),
  };
}

async function serve(env: NodeJS.ProcessEnv, port: number): Promise<{ process: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [builtCli, 'serve', '--no-sandbox', '--json', '--port', String(port)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close').then(() => Promise.reject(new Error('Corvus ended before it was ready.')));
  const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
  ended.catch(() => undefined);
  return { process: child, url: readySchema.parse(JSON.parse(String(line[0]))).gateway };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}

/** The providers of the upstream, each in one dialect, added by command. */
export async function addTaskProviders(
  { corvusllm }: ServedHome,
  upstream: TaskUpstream,
  dialects: readonly TaskDialectName[],
): Promise<void> {
  for (const dialect of dialects) {
    const options = [
      '--id',
      `${dialect}-maker`,
      '--dialect',
      dialect,
      '--base-url',
      upstream.baseUrl(dialect),
      '--key-stdin',
    ];
    await corvusllm(['providers', 'add', ...options], 'sk-upstream-0000');
  }
}
