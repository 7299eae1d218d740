import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { parseUsd, usdText, nanoUsd } from '#shared/money.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { builtCli } from '../../support/built-program.ts';

const runFile = promisify(execFile);

const readySchema = z.strictObject({
  event: z.literal('ready'),
  gateway: z.string(),
  dashboard: z.string(),
  pid: z.int(),
  attached: z.literal(true).optional(),
});

interface Serving {
  process: ChildProcess;
  ready: z.infer<typeof readySchema>;
  /** Everything it wrote so far. */
  output(): string;
  ended: Promise<[number | null, NodeJS.Signals | null]>;
}

/** `corvusllm serve --json` in a process of its own, once it is ready. */
async function serve(home: string, ...more: string[]): Promise<Serving> {
  const child = spawn(process.execPath, [builtCli, 'serve', '--json', '--home', home, '--port', '0', ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (code, signal) => resolve([code, signal])),
  );
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void ended.then(([code]) => reject(new Error(`ended with ${code}: ${output}`)));
  });
  return { process: child, ready: readySchema.parse(JSON.parse(line)), output: () => output, ended };
}

async function command(home: string, ...parameters: string[]) {
  const { stdout } = await runFile(process.execPath, [builtCli, ...parameters, '--json', '--home', home]);
  return JSON.parse(stdout);
}

async function spendable(home: string): Promise<bigint> {
  const balance = await command(home, 'balance');
  expect(balance).toMatchObject({ state: 'confirmed', isPlayMoney: true });
  return parseUsd(balance.spendable) ?? -1n;
}

function callEcho(gateway: string, key: string): Promise<Response> {
  return fetch(`${gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'corvus/echo', messages: [{ role: 'user', content: 'Hello Corvus' }] }),
  });
}

test(
  'serve, call, balance: lower by exactly what the request cost; the end is clean',
  { timeout: 60_000 },
  async () => {
    const home = await temporaryHome();
    const serving = await serve(home);
    const { secret } = await command(home, 'keys', 'add', 'my tool');
    const before = await spendable(home);
    const reply = await callEcho(serving.ready.gateway, secret);
    expect(reply.status).toBe(200);
    expect(JSON.stringify(await reply.json())).toContain('Hello Corvus');
    const after = await spendable(home);
    const { rows } = await command(home, 'requests');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      modelRequested: 'corvus/echo',
      status: 'completed',
      lane: 'prepaid',
      localKeyLabel: 'my tool',
    });
    expect(usdText(nanoUsd(before - after))).toBe(rows[0].cost);
    expect(before - after).toBeGreaterThan(0n);

    serving.process.kill('SIGTERM');
    serving.process.kill('SIGTERM');
    expect(await serving.ended).toEqual([0, null]);
    expect(serving.output().trim().split('\n')).toHaveLength(1);
    expect(await readdir(home)).not.toContain('owner.json');
    for (const name of await readdir(home))
      expect([name, (await stat(join(home, name))).mode & 0o077]).toEqual([name, 0]);
    expect(await readFile(join(home, 'corvusllm.log'), 'utf8')).not.toContain(secret);
  },
);

test(
  'a second serve attaches to the first; after kill -9 it takes over and the money is all there',
  { timeout: 60_000 },
  async () => {
    const home = await temporaryHome();
    const first = await serve(home);
    const second = await serve(home);
    expect(second.ready).toMatchObject({ gateway: first.ready.gateway, pid: first.ready.pid, attached: true });
    expect(second.ready.dashboard).not.toBe(first.ready.dashboard);
    expect(await second.ended).toEqual([0, null]);
    const balance = await spendable(home);
    first.process.kill('SIGKILL');
    await first.ended;
    const third = await serve(home);
    expect(third.ready.attached).toBeUndefined();
    expect(await spendable(home)).toBe(balance);
  },
);

test(
  'without a running Corvus a command opens the data folder itself and leaves it free',
  { timeout: 60_000 },
  async () => {
    const home = await temporaryHome();
    const created = await command(home, 'keys', 'add', 'script');
    expect(await command(home, 'keys', 'ls')).toMatchObject([{ id: created.key.id, label: 'script' }]);
    expect(await spendable(home)).toBeGreaterThan(0n);
    expect(await readdir(home)).not.toContain('owner.json');
  },
);

test('a port that is taken is an error, never another port', { timeout: 60_000 }, async () => {
  const home = await temporaryHome();
  const holder = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void holder.close());
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const failure = await runFile(process.execPath, [builtCli, 'serve', '--home', home, '--port', String(port)]).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(String(port)) });
  expect(await readdir(home)).not.toContain('owner.json');
});

test('the printed curl works as it stands', { timeout: 60_000 }, async () => {
  const home = await temporaryHome();
  const child = spawn(process.execPath, [builtCli, 'serve', '--home', home, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Where the command is not found yet, what puts it there is printed last.
    env: { ...process.env, PATH: home },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  const isShown = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (/node \S+corvusllm\.mjs link/.test(text)) resolve();
    });
  });
  await isShown;
  expect(text).toContain('play money');
  const curl = /curl [\s\S]*?\n\n/.exec(text)?.[0] ?? '';
  const { stdout } = await runFile('sh', ['-c', curl]);
  expect(stdout).toContain('Hello Corvus');
});
