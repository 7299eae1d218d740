import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { builtBackend } from '../../support/built-program.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import { chat } from '../../support/start-test-backend.ts';
import { metricsToken } from '../../support/start-observed.ts';

/** Reports on stderr which packages of OpenTelemetry the process loads. */
const watcher = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module';
registerHooks({ resolve(name, context, next) { if (name.startsWith('@opentelemetry/')) process._rawDebug('loads ' + name); return next(name, context); } });
`)}`;
const readySchema = z.object({ baseUrl: z.string(), customerKey: z.string() });

let database: TestDatabase;
let child: ChildProcess | null = null;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await database.drop();
});

/** Starts the program as an operator does, answers one call, stops it. @returns what it wrote to stderr */
async function runOnce(settings: Record<string, string>, errors: 'pipe' | number = 'pipe'): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    CORVUSLLM_BACKEND_DATABASE: database.place,
    CORVUSLLM_BACKEND_PORT: '0',
    CORVUSLLM_BACKEND_PLAY_MONEY: 'true',
    ...settings,
  };
  child = spawn(process.execPath, ['--import', watcher, builtBackend], {
    env,
    stdio: ['ignore', 'pipe', errors],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const [line] = await once(createInterface({ input: child.stdout ?? process.stdin }), 'line');
  const { baseUrl, customerKey } = readySchema.parse(JSON.parse(String(line)));
  const headers = { authorization: `Bearer ${customerKey}`, 'content-type': 'application/json' };
  const reply = await fetch(`${baseUrl}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify(chat('Hi')),
  });
  expect(reply.status).toBe(200);
  await reply.text();
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  expect(await closed).toEqual([0, null]);
  return stderr;
}

const packagesIn = (stderr: string): string[] => [
  ...new Set([...stderr.matchAll(/loads (@opentelemetry\/[\w-]+)/g)].map(([, name]) => name ?? '')),
];

test('without tokens and collector nothing of OpenTelemetry is loaded, and each call is one line', async () => {
  const stderr = await runOnce({});
  expect(packagesIn(stderr)).toEqual([]);
  const lines = stderr.trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', event: 'call.ended', status: 200 });
});

test('with a metrics token metrics are kept, and nothing for traces is loaded', async () => {
  const packages = packagesIn(await runOnce({ CORVUSLLM_BACKEND_METRICS_TOKEN: metricsToken }));
  expect(packages).toContain('@opentelemetry/sdk-metrics');
  expect(packages.filter((name) => /trace|otlp/.test(name))).toEqual([]);
});

test('with a collector spans are on their way before the program ends; level silent says nothing', async () => {
  await using collector = await startOtlpReceiver();
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_SERVICE_NAME: 'shop',
    CORVUSLLM_BACKEND_LOG_LEVEL: 'silent',
  };
  const stderr = await runOnce(settings);
  expect(packagesIn(stderr)).not.toContain('@opentelemetry/exporter-prometheus');
  expect(stderr).not.toContain('{');
  expect(collector.spans.map(({ name }) => name)).toContain('call openai-chat');
  expect(collector.resources[0]).toMatchObject({ 'service.name': 'shop' });
});

test.runIf(existsSync('/dev/full'))(
  'a log that cannot be written to stops neither calls nor the shutdown',
  async () => {
    const full = openSync('/dev/full', 'w');
    expect(await runOnce({}, full)).toBe('');
    closeSync(full);
  },
);

test('a wrong setting is reported without its secret', async () => {
  const env = {
    PATH: process.env['PATH'],
    CORVUSLLM_BACKEND_DATABASE: database.place,
    CORVUSLLM_BACKEND_PRICES: '/none/sk-CANARY-of-32-characters',
  };
  child = spawn(process.execPath, [builtBackend], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(stderr).toContain('no such file');
  expect(stderr).not.toContain('CANARY');
});
