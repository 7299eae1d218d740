import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { median } from './measure.ts';

/**
 * `node test/bench/telemetry.ts`: what watching the hosted service adds to a call, beside the same service unwatched,
 * in one run.
 */
interface Service {
  name: string;
  child: ChildProcess;
  baseUrl: string;
  customerKey: string;
}

const rounds = 9;
const callsPerRound = 150;
const ticksPerSecond = 100;
const body = JSON.stringify({ model: 'corvus/echo', messages: [{ role: 'user', content: 'Say pong.' }] });

async function start(name: string, folder: string, settings: Record<string, string>): Promise<Service> {
  const env = {
    PATH: process.env['PATH'],
    CORVUSLLM_BACKEND_DATABASE: join(folder, `${name.replaceAll(/\W/g, '-')}.db`),
    CORVUSLLM_BACKEND_PORT: '0',
    CORVUSLLM_BACKEND_PLAY_MONEY: 'true',
    CORVUSLLM_BACKEND_LOG_LEVEL: 'silent',
    ...settings,
  };
  const child = spawn(process.execPath, ['src/backend/main.ts'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  if (!child.stdout) throw new Error('the service has no output');
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const ready: unknown = JSON.parse(String(line));
  if (typeof ready !== 'object' || ready === null || !('baseUrl' in ready) || !('customerKey' in ready))
    throw new Error('not ready');
  return { name, child, baseUrl: String(ready.baseUrl), customerKey: String(ready.customerKey) };
}

async function call({ baseUrl, customerKey }: Service): Promise<number> {
  const before = performance.now();
  const headers = { authorization: `Bearer ${customerKey}`, 'content-type': 'application/json' };
  const reply = await fetch(`${baseUrl}/v1/chat/completions`, { method: 'POST', headers, body });
  await reply.text();
  if (!reply.ok) throw new Error(`answered ${reply.status}`);
  return performance.now() - before;
}

/** Processor time that a process has used, in milliseconds. */
function processorMs({ child }: Service): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

async function measure(services: readonly Service[]): Promise<void> {
  const samples = new Map(
    services.map((service) => [service, { callMs: [] as number[], processorMs: [] as number[] }]),
  );
  for (let round = -2; round < rounds; round += 1) {
    // Another one begins each round, so that none always follows the same.
    const order = services.map((_, index) => services[(index + round + 2) % services.length]);
    for (const service of order) {
      const sample = service && samples.get(service);
      if (!sample) continue;
      const before = processorMs(service);
      const times: number[] = [];
      for (let index = 0; index < callsPerRound; index += 1) times.push(await call(service));
      // The first rounds warm up and are not counted.
      if (round < 0) continue;
      sample.callMs.push(median(times));
      sample.processorMs.push((processorMs(service) - before) / callsPerRound);
    }
  }
  const rows = [...samples].map(([{ name }, sample]) => ({
    name,
    callMs: median(sample.callMs),
    processorMs: median(sample.processorMs),
  }));
  const [off] = rows;
  if (!off) return;
  console.table(
    rows.map((row) => ({
      service: row.name,
      'ms per call': row.callMs.toFixed(3),
      'of unwatched': `${((row.callMs / off.callMs) * 100).toFixed(0)} %`,
      'processor ms per call': row.processorMs.toFixed(3),
      'of unwatched ': `${((row.processorMs / off.processorMs) * 100).toFixed(0)} %`,
    })),
  );
}

const folder = mkdtempSync(join(tmpdir(), 'corvusllm-telemetry-'));
const collector = createServer((request, response) => void request.resume().on('end', () => response.end('{}')));
await once(collector.listen(0, '127.0.0.1'), 'listening');
const address = collector.address();
const endpoint = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
const token = { CORVUSLLM_BACKEND_METRICS_TOKEN: 'a-token-that-opens-only-the-figures' };
const services: Service[] = [];
try {
  services.push(await start('unwatched', folder, {}));
  services.push(await start('log lines', folder, { CORVUSLLM_BACKEND_LOG_LEVEL: 'info' }));
  services.push(await start('figures', folder, token));
  services.push(await start('figures and traces', folder, { ...token, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }));
  await measure(services);
} finally {
  for (const { child } of services) child.kill('SIGKILL');
  collector.closeAllConnections();
  collector.close();
  rmSync(folder, { recursive: true, force: true });
}
