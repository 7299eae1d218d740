import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchTarget } from './targets.ts';

const path = '/v1/chat/completions';

function body(isStream: boolean): Buffer {
  const messages = [{ role: 'user', content: 'Say pong. '.repeat(40) }];
  return Buffer.from(JSON.stringify({ model: 'bench-model', messages, ...(isStream ? { stream: true } : {}) }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

interface Timing {
  firstByteMs: number;
  totalMs: number;
}

function once(target: BenchTarget, agent: Agent, payload: Buffer): Promise<Timing> {
  return new Promise((resolve, reject) => {
    const before = performance.now();
    let firstByteMs = 0;
    const headers = { ...target.headers, 'content-type': 'application/json', 'content-length': payload.length };
    const call = request(`${target.url}${path}`, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${target.name} answered ${response.statusCode}`));
      response.once('data', () => {
        firstByteMs = performance.now() - before;
      });
      response.resume();
      response.on('end', () => resolve({ firstByteMs, totalMs: performance.now() - before }));
    });
    call.on('error', reject);
    call.end(payload);
  });
}

/** Medians over interleaved rounds at concurrency 1, so that a machine that drifts drifts for all targets alike. */
export async function latencies(
  targets: readonly BenchTarget[],
  isStream: boolean,
  rounds: number,
  perRound: number,
): Promise<Map<string, Timing>> {
  const payload = body(isStream);
  const agents = new Map(targets.map((target) => [target.name, new Agent({ keepAlive: true, maxSockets: 1 })]));
  const samples = new Map(targets.map((target) => [target.name, { first: [] as number[], total: [] as number[] }]));
  for (let round = -1; round < rounds; round += 1) {
    for (const target of targets) {
      const agent = agents.get(target.name);
      const sample = samples.get(target.name);
      if (!agent || !sample) continue;
      const first: number[] = [];
      const total: number[] = [];
      for (let index = 0; index < perRound; index += 1) {
        const timing = await once(target, agent, payload);
        first.push(timing.firstByteMs);
        total.push(timing.totalMs);
      }
      // Round -1 warms up and is not counted.
      if (round >= 0) {
        sample.first.push(median(first));
        sample.total.push(median(total));
      }
    }
  }
  for (const agent of agents.values()) agent.destroy();
  return new Map([...samples].map(([name, sample]) => [name, { firstByteMs: median(sample.first), totalMs: median(sample.total) }]));
}

/** Requests per second under wrk at a concurrency, medians of interleaved rounds; null where wrk is not installed. */
export function throughput(
  targets: readonly BenchTarget[],
  isStream: boolean,
  connections: number,
  rounds: number,
  seconds: number,
): Map<string, number> | null {
  try {
    execFileSync('wrk', ['-v'], { stdio: 'ignore' });
  } catch (error) {
    // wrk prints its version and exits with 1.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  }
  const folder = mkdtempSync(join(tmpdir(), 'corvusllm-wrk-'));
  const samples = new Map(targets.map((target) => [target.name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const target of targets) {
      const script = join(folder, 'post.lua');
      const headers = Object.entries(target.headers).map(
        ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
      );
      writeFileSync(
        script,
        [
          `wrk.method = "POST"`,
          `wrk.body = [==[${body(isStream).toString()}]==]`,
          `wrk.headers["content-type"] = "application/json"`,
          ...headers,
        ].join('\n'),
      );
      const output = execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, `${target.url}${path}`], {
        encoding: 'utf8',
      });
      if (/Non-2xx/.test(output)) throw new Error(`${target.name} refused requests under load:\n${output}`);
      samples.get(target.name)?.push(Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]));
    }
  }
  return new Map([...samples].map(([name, values]) => [name, median(values)]));
}

/** Resident memory of a process in MiB; null where /proc does not say. */
export function residentMiB(pid: number | null): number | null {
  try {
    const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) / 1024;
  } catch {
    return null;
  }
}
