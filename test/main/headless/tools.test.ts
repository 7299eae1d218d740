import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryHome } from '../../support/temporary-home.ts';
import { builtCli } from '../../support/built-program.ts';

interface Ended {
  code: number | null;
  out: string;
  error: string;
}

/** A person's home folder, with Corvus running in it. */
async function start() {
  const home = await temporaryHome();
  const env = { PATH: process.env['PATH'], HOME: home, CORVUSLLM_HOME: join(home, 'corvus'), OPENAI_ORG_ID: 'org' };
  const server = spawn(process.execPath, [builtCli, 'serve', '--port', '0'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void server.kill('SIGKILL'));
  let printed = '';
  server.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const lines = createInterface({ input: server.stdout });
  for await (const line of lines) if (line.includes('Ctrl-C')) break;
  const corvusllm = (...parameters: string[]) =>
    new Promise<Ended>((resolve) => {
      execFile(process.execPath, [builtCli, ...parameters], { env }, (error, out, text) =>
        resolve({ code: error ? Number(error.code) : 0, out, error: text }),
      );
    });
  return { home, env, server, corvusllm, printed: () => printed };
}

async function stop(server: ChildProcess): Promise<void> {
  const closed = once(server, 'close');
  server.kill('SIGTERM');
  await closed;
}

test(
  'tools are connected, checked and undone by command, and a command runs without a file being touched',
  { timeout: 60_000 },
  async () => {
    const { home, env, server, corvusllm, printed } = await start();
    const config = join(home, '.codex', 'config.toml');
    const before = '# mine\nmodel = "gpt-5"\n';
    await mkdir(dirname(config));
    await writeFile(config, before);

    const unasked = await corvusllm('tools', 'connect', 'codex');
    expect(unasked).toMatchObject({ code: 2, error: expect.stringContaining('Add --yes') });
    expect(unasked.out).toContain('- model = "gpt-5"');
    expect(await readFile(config, 'utf8')).toBe(before);

    expect(await corvusllm('tools', 'connect', 'codex', '--yes')).toMatchObject({ code: 0, error: '' });
    expect(await readFile(config, 'utf8')).toContain('[model_providers.corvus]');
    expect((await corvusllm('tools', 'ls')).out).toMatch(/codex .* connected/);
    expect(await corvusllm('tools', 'check')).toMatchObject({ code: 0 });
    await writeFile(
      config,
      (await readFile(config, 'utf8')).replace('model_provider = "corvus"', 'model_provider = "openai"'),
    );
    expect(await corvusllm('tools', 'check')).toMatchObject({
      code: 1,
      out: expect.stringContaining('has other values'),
    });

    const script =
      'const { OPENAI_BASE_URL, OPENAI_ORG_ID } = process.env; console.log(OPENAI_BASE_URL, OPENAI_ORG_ID); process.exit(7)';
    const ran = await corvusllm('run', '--tool', 'openai-sdk', '--', process.execPath, '-e', script);
    expect(ran).toMatchObject({ code: 7, out: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v1 undefined\n$/) });
    expect(ran.error).toContain('OPENAI_ORG_ID is set in this terminal; it is left out for this run.');
    const ask = `fetch(process.env.OPENAI_BASE_URL + '/chat/completions', {
      method: 'POST',
      headers: { authorization: 'Bearer ' + process.env.OPENAI_API_KEY, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'corvus/echo', messages: [{ role: 'user', content: 'Hello' }] }),
    }).then((reply) => console.log(reply.status))`;
    const paid = await corvusllm('run', '--envelope', '5', '--', process.execPath, '-e', ask);
    expect(paid).toMatchObject({
      code: 0,
      out: '200\n',
      error: expect.stringMatching(/this run spent 0\.0000\d+ of 5(\.00)? USD/),
    });
    const refused = await corvusllm('run', '--envelope', '0.000001', '--', process.execPath, '-e', ask);
    expect(refused).toMatchObject({
      code: 5,
      out: '402\n',
      error: expect.stringMatching(
        /spent 0\.00 of 0\.000001 USD[^]*stopped at its limit; the command itself ended with 0/,
      ),
    });
    expect(JSON.parse((await corvusllm('envelopes', '--json')).out)).toEqual([]);
    expect((await corvusllm('keys', 'ls')).out).toMatch(/one run.*revoked/i);
    expect(await corvusllm('run', '--', 'no-such-command-here')).toMatchObject({ code: 127 });
    const running = spawn(
      process.execPath,
      [builtCli, 'run', '--', process.execPath, '-e', 'console.log("up"); setInterval(() => {}, 1000)'],
      {
        env,
      },
    );
    await once(running.stdout, 'data');
    running.kill('SIGTERM');
    expect(await once(running, 'close')).toEqual([143, null]);

    await stop(server);
    expect(printed()).toContain('connected tools get no answer: Codex');
    expect(await corvusllm('tools', 'check', 'codex')).toMatchObject({
      code: 1,
      out: expect.stringContaining('Corvus is not running'),
    });
    expect(await corvusllm('tools', 'connect', 'codex', '--yes')).toMatchObject({ code: 3 });
    expect(await corvusllm('tools', 'restore')).toMatchObject({
      code: 0,
      out: expect.stringContaining('keeps what others changed'),
    });
    expect(await readFile(config, 'utf8')).toBe('# mine\nmodel = "gpt-5"\nmodel_provider = "openai"\n');
  },
);
