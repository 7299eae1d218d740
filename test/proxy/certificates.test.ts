import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { ask } from '#core/providers/ask.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { builtBackend, builtCli } from '../support/built-program.ts';
import { directNetwork } from '../support/direct-network.ts';
import { insistOnCertificates } from '#shared/insist-on-certificates.ts';

const certificates = fileURLToPath(new URL('../fixtures/certificates/', import.meta.url));
const pem = (name: string) => readFileSync(join(certificates, `${name}.pem`), 'utf8');
const completion = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  model: 'gpt-5.5',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

/** A provider that shows this certificate, and counts who gave it a key all the same. */
async function startTls(certificate: string): Promise<{ origin: string; asked(): number }> {
  let asked = 0;
  const server = createServer({ key: pem('server.key'), cert: pem(certificate) }, (_request, response) => {
    asked += 1;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(completion);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `https://localhost:${port}`, asked: () => asked };
}

const body = JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hi' }] });
const warning = /NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored/g;

interface Program {
  ready: Record<string, unknown>;
  stderr(): string;
}

async function run(file: string, parameters: readonly string[], environment: Record<string, string>): Promise<Program> {
  const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0', ...environment };
  const child: ChildProcess = spawn(process.execPath, [file, ...parameters], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  onTestFinished(() => void child.kill('SIGKILL'));
  if (!child.stdout) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout }))
    return { ready: JSON.parse(line), stderr: () => stderr };
  throw new Error(`it ended: ${stderr}`);
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'corvus-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function post(url: string, key: string): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const reply = await fetch(url, { method: 'POST', headers, body });
  return { status: reply.status, text: await reply.text() };
}

async function runApp(environment: Record<string, string> = {}) {
  const home = temporaryFolder();
  const app = await run(builtCli, ['serve', '--json', '--home', home, '--port', '0', '--no-sandbox'], environment);
  const owner: { secret: string } = JSON.parse(readFileSync(join(home, 'owner.json'), 'utf8'));
  const gateway = String(app.ready['gateway']);
  const call = async (name: string, input: unknown): Promise<Record<string, unknown>> => {
    const headers = { authorization: `Bearer ${owner.secret}`, 'content-type': 'application/json' };
    const reply = await fetch(`${gateway}/api/call/${name}`, { method: 'POST', headers, body: JSON.stringify(input) });
    const result: { value: Record<string, unknown> } = JSON.parse(await reply.text());
    return result.value;
  };
  return { app, gateway, call };
}

test('the gateway checks certificates although the environment disables it, and reports that once (F26, E104)', async () => {
  const { app, gateway, call } = await runApp();
  for (const certificate of ['self-signed', 'expired', 'other-name', 'not-yet']) {
    const upstream = await startTls(certificate);
    const id = `own-${certificate}`;
    const custom = { dialects: ['openai-chat'], isLocal: true };
    await call('providers.add', {
      id,
      kind: 'custom',
      baseUrl: `${upstream.origin}/v1`,
      custom,
      key: 'sk-of-the-provider-0123456789',
    });
    const { secret } = await call('keys.create', { label: certificate, route: `provider:${id}` });
    const { status, text } = await post(`${gateway}/v1/chat/completions`, String(secret));
    expect([status, text]).toEqual([502, expect.stringMatching(/tls_error|certificate_not_trusted/)]);
    const tested = await call('providers.test', { id });
    expect(tested['lastTest']).toMatchObject({ ok: false, message: expect.stringContaining('certificate') });
    expect(upstream.asked(), certificate).toBe(0);
  }
  expect(app.stderr().match(warning)).toHaveLength(1);
});

test('a private certificate authority is trusted when it is configured', async () => {
  const { gateway, call } = await runApp({ NODE_EXTRA_CA_CERTS: join(certificates, 'ca.pem') });
  for (const [certificate, status] of [
    ['trusted', 200],
    ['self-signed', 502],
    ['expired', 502],
    ['other-name', 502],
    ['not-yet', 502],
  ] as const) {
    const upstream = await startTls(certificate);
    const id = `own-${certificate}`;
    const custom = { dialects: ['openai-chat'], isLocal: true };
    await call('providers.add', {
      id,
      kind: 'custom',
      baseUrl: `${upstream.origin}/v1`,
      custom,
      key: 'sk-of-the-provider-0123456789',
    });
    const { secret } = await call('keys.create', { label: certificate, route: `provider:${id}` });
    expect((await post(`${gateway}/v1/chat/completions`, String(secret))).status, certificate).toBe(status);
    expect(upstream.asked(), certificate).toBe(status === 200 ? 1 : 0);
  }
});

test('the hosted service checks certificates too (F26)', async () => {
  const upstream = await startTls('self-signed');
  const folder = temporaryFolder();
  const pools = {
    openai: [
      {
        name: 'one',
        baseUrl: `${upstream.origin}/v1`,
        dialectFamily: 'openai',
        apiKey: 'sk-of-the-platform-0123456789',
        priority: 0,
        weight: 1,
      },
    ],
  };
  writeFileSync(join(folder, 'pools.json'), JSON.stringify(pools));
  const service = await run(builtBackend, ['serve'], {
    CORVUSLLM_BACKEND_DATABASE: join(folder, 'backend.db'),
    CORVUSLLM_BACKEND_PORT: '0',
    CORVUSLLM_BACKEND_PLAY_MONEY: 'true',
    CORVUSLLM_BACKEND_POOLS: join(folder, 'pools.json'),
  });
  const reply = await post(
    `${String(service.ready['baseUrl'])}/v1/chat/completions`,
    String(service.ready['customerKey']),
  );
  expect([reply.status >= 500, reply.text]).toEqual([
    true,
    expect.stringMatching(/upstream_connection_error|no_upstream_capacity/),
  ]);
  expect(upstream.asked()).toBe(0);
  expect(service.stderr().match(warning)).toHaveLength(1);
});

test('every client checks certificates itself, even if the environment changes later', async () => {
  const upstream = await startTls('self-signed');
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  const network = directNetwork();
  const send = createSend(network);
  try {
    const headers = { authorization: 'Bearer sk-of-the-platform-0123456789' };
    const request = {
      origin: upstream.origin,
      path: '/v1/models',
      method: 'GET' as const,
      headers,
      body: null,
      mayBePrivate: true,
    };
    await expect(send.send(request, new AbortController().signal)).rejects.toMatchObject({
      code: 'certificate_not_trusted',
    });
    const question = { url: `${upstream.origin}/v1/models`, headers, body: null, mayBePrivate: true };
    await expect(ask(send, question, new AbortController().signal)).rejects.toMatchObject({
      code: 'certificate_not_trusted',
      message: expect.stringContaining('signs its certificate itself'),
    });
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    await network.close();
  }
  expect(upstream.asked()).toBe(0);
});

test('the variable is removed after the warning; a harmless value is removed silently', () => {
  const environment: Record<string, string | undefined> = { NODE_TLS_REJECT_UNAUTHORIZED: '0', PATH: '/bin' };
  expect(insistOnCertificates(environment)).toMatch(/NODE_EXTRA_CA_CERTS/);
  expect(environment).toEqual({ PATH: '/bin' });
  expect(insistOnCertificates(environment)).toBeNull();
  expect(insistOnCertificates({ NODE_TLS_REJECT_UNAUTHORIZED: '1' })).toBeNull();
});
