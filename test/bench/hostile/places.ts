import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import type { Scale, Victim } from './attacks.ts';

/** A listener in a process of its own, with an attacker's key and another customer's. */
export interface Place {
  name: string;
  victim: Victim;
  /** The key of a customer who wants nothing but a small answer. */
  otherKey: string;
  /** The base URL of the upstream that it asks. */
  upstream: string;
  pid: number;
}

export interface Programs {
  cli: string;
  backend: string;
}

const root = join(import.meta.dirname, '..', '..', '..');
export const builtPrograms: Programs = {
  cli: join(root, 'out', 'main', 'cli.js'),
  backend: join(root, 'out', 'main', 'backend.js'),
};
export const sourcePrograms: Programs = {
  cli: join(root, 'src', 'main', 'headless', 'cli.ts'),
  backend: join(root, 'src', 'backend', 'main.ts'),
};

const adminToken = 'bench-operator-token-0123456789-abcdef';
const keySchema = z.object({ accountId: z.string(), customerKey: z.string() });
const run = promisify(execFile);

/** A process that attacks until its time is over, or until it is stopped. */
export interface Attackers {
  ended: Promise<void>;
  stop(): Promise<void>;
}

export interface Places extends AsyncDisposable {
  gateway(): Promise<Place>;
  service(): Promise<Place>;
  attack(names: readonly string[], victim: Victim, scale: Scale, seconds: number): Promise<Attackers>;
}

/** Starts the target and the attackers; ends all of them. */
export async function openPlaces(programs: Programs): Promise<Places> {
  const folder = mkdtempSync(join(tmpdir(), 'corvus-hostile-'));
  const running: ChildProcess[] = [];
  const start = async (script: string, parameters: readonly string[], settings: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [script, ...parameters], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    running.push(child);
    const [line] = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'close').then(() => Promise.reject(new Error(`${script} ended before it was ready`))),
    ]);
    return { child, line: String(line) };
  };
  const upstream = `http://127.0.0.1:${(await start(join(import.meta.dirname, 'slow-upstream.ts'), [])).line}/v1`;

  return {
    async gateway() {
      const home = join(folder, 'home');
      const { child, line } = await start(programs.cli, [
        'serve',
        '--home',
        home,
        '--port',
        '0',
        '--json',
        '--no-sandbox',
      ]);
      const { gateway } = z.object({ gateway: z.string() }).parse(JSON.parse(line));
      const command = async (...parameters: string[]): Promise<unknown> =>
        JSON.parse((await run(process.execPath, [programs.cli, ...parameters, '--home', home, '--json'])).stdout);
      await command(
        'providers',
        'add',
        '--id',
        'bench',
        '--dialect',
        'openai-chat',
        '--base-url',
        upstream,
        '--local',
        '--no-test',
      );
      const key = async (name: string): Promise<string> =>
        z.object({ secret: z.string() }).parse(await command('keys', 'add', name, '--route', 'provider:bench')).secret;
      return {
        name: 'gateway',
        victim: { url: gateway, key: await key('attacker'), eventsPath: null },
        otherKey: await key('other'),
        upstream,
        pid: child.pid ?? 0,
      };
    },
    async service() {
      const { line, child } = await start(programs.backend, [], {
        ...settingsIn(folder, upstream),
        CORVUSLLM_BACKEND_PORT: '0',
        CORVUSLLM_BACKEND_ADMIN_TOKEN: adminToken,
        CORVUSLLM_BACKEND_DATABASE: join(folder, 'service.db'),
      });
      const { baseUrl } = z.object({ baseUrl: z.string() }).parse(JSON.parse(line));
      const key = await openAccount(baseUrl, 'attacker');
      return {
        name: 'service',
        victim: { url: baseUrl, key, eventsPath: '/v1/account/events' },
        otherKey: await openAccount(baseUrl, 'other'),
        upstream,
        pid: child.pid ?? 0,
      };
    },
    async attack(names, victim, scale, seconds) {
      const order = JSON.stringify({ names, victim, scale, seconds });
      const { child } = await start(join(import.meta.dirname, 'attacker.ts'), [order]);
      const ended = once(child, 'close').then(() => undefined);
      return {
        ended,
        stop() {
          child.kill('SIGKILL');
          return ended;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      const ends = running
        .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
        .map((child) => once(child, 'close'));
      for (const child of running) child.kill('SIGKILL');
      await Promise.all(ends);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function settingsIn(folder: string, upstream: string): Record<string, string> {
  const [prices, pools] = [join(folder, 'prices.json'), join(folder, 'pools.json')];
  const [echo] = catalogue.models;
  const bench = { ...echo, slug: 'bench-model', family: 'openai' };
  writeFileSync(prices, JSON.stringify({ ...catalogue, models: [...catalogue.models, bench] }));
  writeFileSync(
    pools,
    JSON.stringify({ openai: [{ name: 'main', baseUrl: upstream, dialectFamily: 'openai', apiKey: 'x' }] }),
  );
  return { CORVUSLLM_BACKEND_PRICES: prices, CORVUSLLM_BACKEND_POOLS: pools };
}

async function openAccount(baseUrl: string, label: string): Promise<string> {
  const change = async (path: string, body: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
    const reply = await fetch(`${baseUrl}/admin/api/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ...body, reason: 'benchmark' }),
    });
    if (!reply.ok) throw new Error(await reply.text());
    return reply.json();
  };
  const { accountId, customerKey } = keySchema.parse(await change('customers', { label }));
  await change(`customers/${accountId}/grants`, { amount: '1000.00', grantId: `hostile-${label}` });
  return customerKey;
}

/** Open files and sockets of a process; null where the system does not report them. */
export function openFiles(pid: number): number | null {
  const folder = `/proc/${pid}/fd`;
  return existsSync(folder) ? readdirSync(folder).length : null;
}

/** The peak resident memory of a process; null where the system does not report it. */
export function mostMiB(pid: number): number | null {
  const path = `/proc/${pid}/status`;
  if (!existsSync(path)) return null;
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(path, 'utf8'))?.[1] ?? 0) / 1024);
}
