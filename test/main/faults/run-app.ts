import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { type Account, accountSchema } from '#shared/account/account.ts';
import type { CallName, Output } from '#shared/contract/contract.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import { connectTo, type RawInput } from '../../../src/main/headless/connection.ts';
import { findOwner } from '../../../src/main/host/owner.ts';
import { builtCli } from '../../support/built-program.ts';

const readySchema = z.object({ event: z.literal('ready'), gateway: z.string(), pid: z.int() });
const pageRows = 500;

/** Corvus in a process of its own, as a person starts it. */
export interface App {
  pid: number;
  gateway: string;
  /** A call of the app API, over the same connection as the commands use. */
  call<K extends CallName>(name: K, input: RawInput<K>): Promise<Output<K>>;
  /** A new local key. */
  newKey(): Promise<string>;
  /** Newest first, every page. */
  requests(): Promise<RequestSummary[]>;
  /** Ends it as a power cut does: no handler runs. */
  kill(): Promise<void>;
  /** Ends it as a person does; its exit code. */
  stop(): Promise<number | null>;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  home: string;
  parameters?: readonly string[];
  /** A shell script that prepares the process's own view of the machine and ends in `exec "$@"`. */
  within?: readonly string[];
  /** Where this process sees that home. */
  homeSeenFromHere?: (pid: number) => string;
}

function spawnServe({ home, parameters = [], within = [] }: RunOptions): ChildProcess {
  const [program = '', ...rest] = [
    ...within,
    process.execPath,
    builtCli,
    'serve',
    '--json',
    '--home',
    home,
    '--port',
    '0',
    ...parameters,
  ];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

function watchEnd(child: ChildProcess): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })));
}

/** A start that is expected to fail: how it ended and what it said. */
export function runToEnd(options: RunOptions): Promise<Ended> {
  return watchEnd(spawnServe(options));
}

/** `corvusllm serve --json` on a home, once it is ready. */
export async function startApp(options: RunOptions): Promise<App> {
  const child = spawnServe(options);
  const ended = watchEnd(child);
  const line = await new Promise<string>((resolve, reject) => {
    if (child.stdout) createInterface({ input: child.stdout }).once('line', resolve);
    void ended.then(({ code, stderr }) => reject(new Error(`ended with ${code}: ${stderr}`)));
  });
  const { gateway, pid } = readySchema.parse(JSON.parse(line));
  const owner = await findOwner(options.homeSeenFromHere?.(pid) ?? options.home);
  if (!owner) throw new Error('no process owns the data folder');
  const { call } = connectTo(owner);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    process.kill(pid, signal);
    return (await ended).code;
  };
  return {
    pid,
    gateway,
    call,
    newKey: async () => (await call('keys.create', { label: 'tool', route: 'auto' })).secret,
    requests: () => everyRequest(call),
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  };
}

async function everyRequest(call: App['call']): Promise<RequestSummary[]> {
  const rows: RequestSummary[] = [];
  for (let cursor: string | null = null, isLast = false; !isLast;) {
    const page: Output<'requests.list'> = await call('requests.list', { filter: noFilter, cursor, limit: pageRows });
    rows.push(...page.rows);
    cursor = page.nextCursor;
    isLast = cursor === null;
  }
  return rows;
}

/** A chat call through the gateway, or straight at a service. */
export function chat(baseUrl: string, key: string, text: string, extra: object = {}): Promise<Response> {
  return fetch(`${baseUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'corvus/echo', messages: [{ role: 'user', content: text }], ...extra }),
  });
}

/** The account's own word. */
export async function readAccount(baseUrl: string, customerKey: string): Promise<Account> {
  const reply = await fetch(`${baseUrl}/v1/account`, { headers: { authorization: `Bearer ${customerKey}` } });
  return accountSchema.parse(await reply.json());
}

/** The play-money service's key, from the file in which it survives restarts. */
export async function sandboxKey(home: string): Promise<string> {
  return (await readFile(join(home, 'sandbox.db.key'), 'utf8')).trim();
}

/** What the app shows is what the account says, to the last digit, with nothing reserved any more. */
export async function expectMirrorAgrees(app: App, customerKey: string): Promise<Account> {
  const { baseUrl } = await app.call('account.get', undefined);
  const account = await readAccount(baseUrl ?? '', customerKey);
  expect(account.held).toBe('0.00');
  const { balance, held, spendable } = account;
  expect(await app.call('balance.get', { refresh: true })).toMatchObject({
    state: 'confirmed',
    balance,
    held,
    spendable,
  });
  return account;
}
