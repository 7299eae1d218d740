import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchCall } from './calls.ts';
import type { BenchTarget } from './targets.ts';

/** A call to a target, under a name of its own. */
export interface Measured {
  name: string;
  target: BenchTarget;
  call: BenchCall;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export interface Timing {
  firstByteMs: number;
  totalMs: number;
}

function timeOnce({ name, target, call }: Measured, agent: Agent): Promise<Timing> {
  return new Promise((resolve, reject) => {
    const before = performance.now();
    let firstByteMs = 0;
    const headers = {
      ...target.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(call.body),
    };
    const sent = request(`${target.url}${call.path}`, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${name} answered ${response.statusCode}`));
      response.once('data', () => {
        firstByteMs = performance.now() - before;
      });
      response.resume();
      response.on('end', () => resolve({ firstByteMs, totalMs: performance.now() - before }));
    });
    sent.on('error', reject);
    sent.end(call.body);
  });
}

/** Medians over interleaved rounds, one call at a time, so that a machine that drifts drifts for all alike. */
export async function latencies(
  all: readonly Measured[],
  rounds: number,
  perRound: number,
): Promise<Map<string, Timing>> {
  const agents = new Map(all.map(({ name }) => [name, new Agent({ keepAlive: true, maxSockets: 1 })]));
  const samples = new Map(all.map(({ name }) => [name, { first: [] as number[], total: [] as number[] }]));
  // Round -1 warms up and is not counted.
  for (let round = -1; round < rounds; round += 1) {
    for (const measured of all) {
      const agent = agents.get(measured.name);
      const sample = samples.get(measured.name);
      if (!agent || !sample) continue;
      const timings: Timing[] = [];
      for (let index = 0; index < perRound; index += 1) timings.push(await timeOnce(measured, agent));
      if (round === -1) continue;
      sample.first.push(median(timings.map(({ firstByteMs }) => firstByteMs)));
      sample.total.push(median(timings.map(({ totalMs }) => totalMs)));
    }
  }
  for (const agent of agents.values()) agent.destroy();
  return new Map(
    [...samples].map(([name, { first, total }]) => [name, { firstByteMs: median(first), totalMs: median(total) }]),
  );
}

export interface Load {
  perSecond: number;
  /** Processor time of the target's process; null where the system does not report it. */
  microsecondsEach: number | null;
}

export function hasWrk(): boolean {
  try {
    execFileSync('wrk', ['-v'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    // wrk prints its version and exits with 1.
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}

/** How long a program is under load before it is measured: V8 compiles what is hot until then. */
const warmUpSeconds = 8;

/** Calls per second and processor time under wrk at a concurrency, medians of interleaved rounds of warm programs. */
export async function loads(
  all: readonly Measured[],
  connections: number,
  rounds: number,
  seconds: number,
): Promise<Map<string, Load>> {
  const folder = mkdtempSync(join(tmpdir(), 'corvusllm-wrk-'));
  const samples = new Map(all.map(({ name }) => [name, [] as Load[]]));
  for (let round = -1; round < rounds; round += 1) {
    for (const measured of all) {
      const load = await loadOnce(
        measured,
        join(folder, 'post.lua'),
        connections,
        round === -1 ? warmUpSeconds : seconds,
      );
      if (round >= 0) samples.get(measured.name)?.push(load);
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return new Map(
    [...samples].map(([name, some]) => {
      const times = some.flatMap(({ microsecondsEach }) => microsecondsEach ?? []);
      return [
        name,
        {
          perSecond: median(some.map(({ perSecond }) => perSecond)),
          microsecondsEach: times.length > 0 ? median(times) : null,
        },
      ];
    }),
  );
}

async function loadOnce(
  { name, target, call }: Measured,
  script: string,
  connections: number,
  seconds: number,
): Promise<Load> {
  const headers = Object.entries({ ...target.headers, 'content-type': 'application/json' });
  const lines = headers.map(([header, value]) => `wrk.headers[${JSON.stringify(header)}] = ${JSON.stringify(value)}`);
  writeFileSync(script, [`wrk.method = "POST"`, `wrk.body = [==[${call.body}]==]`, ...lines].join('\n'));
  const before = processorMs(target.pid);
  const child = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, `${target.url}${call.path}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  if (/Non-2xx/.test(output)) throw new Error(`${name} refused calls under load:\n${output}`);
  const after = processorMs(target.pid);
  const count = Number(/(\d+) requests in/.exec(output)?.[1]);
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    microsecondsEach: before === null || after === null ? null : ((after - before) * 1000) / count,
  };
}

/** Milliseconds per tick of the system's processor accounting. */
const tickMs = 10;

/** Processor time that a process has used so far, its threads together; null where /proc does not say. */
export function processorMs(pid: number | null): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * tickMs;
  } catch {
    return null;
  }
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
