import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import { residentMiB } from './measure.ts';

/** One address that the same request can be sent to. */
export interface BenchTarget {
  name: string;
  url: string;
  headers: Record<string, string>;
  pid: number | null;
}

const root = join(import.meta.dirname, '..', '..');
const cli = join(root, 'out', 'main', 'cli.js');
/** Debian's is not on every user's PATH. */
const nginx = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';
const running: ChildProcess[] = [];
const folders: string[] = [];

export function stopAll(): void {
  for (const child of running.splice(0)) child.kill('SIGTERM');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

function start(command: string, args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  return child;
}

/** Starts a program that says nothing. @returns its process id */
export function startNode(args: string[], env = process.env): number | null {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  running.push(child);
  return child.pid ?? null;
}

const startTries = 200;
const startTryMs = 50;

/** Throws where a program does not listen after ten seconds. */
export async function untilAnswers(url: string): Promise<void> {
  for (let tries = 0; tries < startTries; tries += 1) {
    const response = await fetch(url).catch(() => null);
    await response?.arrayBuffer();
    if (response) return;
    await new Promise((resolve) => setTimeout(resolve, startTryMs));
  }
  throw new Error(`nothing answers at ${url}`);
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no output to read');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the process ended before it was ready');
}

export async function startUpstream(): Promise<BenchTarget> {
  const child = start(process.execPath, [join(import.meta.dirname, 'mock-upstream.ts')]);
  const port = await firstLine(child);
  return { name: 'upstream, direct', url: `http://127.0.0.1:${port}`, headers: {}, pid: child.pid ?? null };
}

export function corvus(home: string, ...args: string[]): unknown {
  return JSON.parse(execFileSync(process.execPath, [cli, ...args, '--home', home, '--json'], { encoding: 'utf8' }));
}

export interface StartedTarget extends BenchTarget {
  /** From nothing until it listens. */
  startMs: number;
}

export function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'corvusllm-bench-'));
  folders.push(home);
  return home;
}

/** Starts the built gateway and waits for its ready line. */
export async function startGateway(home: string, hasPlayMoney = false): Promise<StartedTarget> {
  const before = performance.now();
  const child = start(process.execPath, [
    cli,
    'serve',
    '--home',
    home,
    '--port',
    '0',
    '--json',
    ...(hasPlayMoney ? [] : ['--no-sandbox']),
  ]);
  const ready: unknown = JSON.parse(await firstLine(child));
  const startMs = performance.now() - before;
  if (typeof ready !== 'object' || ready === null || !('gateway' in ready)) throw new Error('the gateway is not ready');
  return { name: 'Corvus gateway', url: String(ready.gateway), headers: {}, pid: child.pid ?? null, startMs };
}

export type UpstreamDialect = 'openai-chat' | 'anthropic-messages';

/**
 * Points a running gateway at the upstream as a local provider of this dialect. @returns the gateway with a key for
 * that provider
 */
export function withProvider(
  gateway: StartedTarget,
  home: string,
  upstream: BenchTarget,
  dialect: UpstreamDialect,
): BenchTarget {
  corvus(
    home,
    'providers',
    'add',
    '--id',
    dialect,
    '--dialect',
    dialect,
    '--base-url',
    `${upstream.url}/v1`,
    '--local',
    '--no-test',
  );
  return withKey(gateway, home, dialect, `provider:${dialect}`);
}

/** A running gateway with one more key of this route. */
export function withKey(gateway: StartedTarget, home: string, label: string, route: string): BenchTarget {
  const created = corvus(home, 'keys', 'add', label, '--route', route);
  if (typeof created !== 'object' || created === null || !('secret' in created)) throw new Error('no key was made');
  return { ...gateway, headers: { authorization: `Bearer ${String(created.secret)}` } };
}

/** A gateway with its play-money service, and a key that pays from there: every call takes a hold and is settled. */
export async function startPrepaid(): Promise<BenchTarget> {
  const home = newHome();
  const gateway = await startGateway(home, true);
  corvus(home, 'account', 'sandbox');
  return withKey(gateway, home, 'prepaid', 'prepaid');
}

/** The bare pipe, built as the gateway is: from its source a start takes 40 ms and 25 MiB more. */
async function builtPipe(): Promise<string> {
  const outDir = join(root, '.bench', 'pipe');
  const input = {
    'bare-pipe': join(import.meta.dirname, 'bare-pipe.ts'),
    'bare-pipe-rows': join(import.meta.dirname, 'bare-pipe-rows.ts'),
    'store-worker': join(root, 'src', 'main', 'core', 'store', 'threads', 'store-worker.ts'),
  };
  await build({ configFile: false, logLevel: 'error', root, build: { ssr: true, outDir, rolldownOptions: { input } } });
  return join(outDir, 'bare-pipe.js');
}

let pipe: Promise<string> | null = null;

/** The least that this language allows, as a process of its own. @param steps what it does besides */
export async function startBarePipe(
  upstream: BenchTarget,
  name = 'bare pipe',
  steps: readonly string[] = [],
): Promise<StartedTarget> {
  const script = await (pipe ??= builtPipe());
  const before = performance.now();
  const child = start(process.execPath, [script, upstream.url, join(newHome(), 'rows.db'), ...steps]);
  const port = await firstLine(child);
  const startMs = performance.now() - before;
  const headers = { authorization: 'Bearer sk-bench' };
  return { name, url: `http://127.0.0.1:${port}`, headers, pid: child.pid ?? null, startMs };
}

/** Ends a program, and waits until it is gone. */
export function stopAndWait({ pid }: BenchTarget): Promise<void> {
  return new Promise((resolve) => {
    if (pid === null) return resolve();
    process.kill(pid, 'SIGTERM');
    const look = setInterval(() => {
      if (residentMiB(pid) !== null) return;
      clearInterval(look);
      resolve();
    }, 10);
  });
}

/** How long Node needs for nothing: the least that a start can take. */
export function emptyStartMs(): number {
  const before = performance.now();
  execFileSync(process.execPath, ['-e', '0']);
  return performance.now() - before;
}

/** Debian's nginx as a plain reverse proxy of the same upstream; null where it is not installed. */
export async function startNginx(upstream: BenchTarget, port: number): Promise<BenchTarget | null> {
  const folder = newHome();
  mkdirSync(join(folder, 'tmp'));
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `worker_processes 1; daemon off; pid ${folder}/pid; error_log stderr crit; events { worker_connections 1024; }
     http { access_log off; client_max_body_size 40m; client_body_buffer_size 2m; client_body_temp_path ${folder}/tmp; proxy_temp_path ${folder}/tmp; fastcgi_temp_path ${folder}/tmp; uwsgi_temp_path ${folder}/tmp; scgi_temp_path ${folder}/tmp;
       upstream mock { server ${new URL(upstream.url).host}; keepalive 128; }
       server { listen 127.0.0.1:${port}; location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } } }`,
  );
  try {
    execFileSync(nginx, ['-v'], { stdio: 'ignore' });
  } catch {
    return null;
  }
  const child = start(nginx, ['-c', config, '-p', folder]);
  return { name: 'nginx reverse proxy', url: `http://127.0.0.1:${port}`, headers: {}, pid: child.pid ?? null };
}
