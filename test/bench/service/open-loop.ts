import { Agent, request } from 'node:http';
import { median } from '../measure.ts';

export interface LoadTarget {
  name: string;
  url: string;
  /** Given in turn to the requests. */
  keys: readonly string[];
}

export interface Latencies {
  p50Ms: number;
  p99Ms: number;
  /** The slowest request of a round's first second, after the pause in which others were measured: median of all rounds. */
  afterPauseMs: number;
  /** Requests that got no 200. */
  failed: number;
}

const body = Buffer.from(
  JSON.stringify({
    model: 'bench-model',
    messages: [{ role: 'user', content: 'Say pong. '.repeat(40) }],
    max_tokens: 100,
  }),
);

/** Sends at a steady rate, whatever comes back: a slow answer does not spare the target the next request. */
async function sendSteadily(target: LoadTarget, agent: Agent, perSecond: number, seconds: number): Promise<number[]> {
  const all: Promise<number>[] = [];
  const startedMs = performance.now();
  const total = perSecond * seconds;
  while (all.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - startedMs) / 1000) * perSecond) + 1);
    while (all.length < due) all.push(once(target, agent, target.keys[all.length % target.keys.length] ?? ''));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return Promise.all(all);
}

/** @returns milliseconds; not a number where it was refused */
function once({ url }: LoadTarget, agent: Agent, key: string): Promise<number> {
  return new Promise((resolve) => {
    const before = performance.now();
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': body.length,
    };
    const call = request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200 ? performance.now() - before : Number.NaN));
    });
    call.on('error', () => resolve(Number.NaN));
    call.end(body);
  });
}

/** Interleaved rounds, so that a machine that drifts drifts for all alike. The first round warms up. */
export async function compare(
  targets: readonly LoadTarget[],
  perSecond: number,
  seconds: number,
  rounds: number,
): Promise<Map<string, Latencies>> {
  const agents = new Map(targets.map(({ name }) => [name, new Agent({ keepAlive: true, maxSockets: 256 })]));
  const samples = new Map(targets.map(({ name }) => [name, [] as number[][]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const target of targets) {
      const agent = agents.get(target.name);
      if (!agent) continue;
      const times = await sendSteadily(target, agent, perSecond, seconds);
      if (round > 0) samples.get(target.name)?.push(times);
    }
  }
  for (const agent of agents.values()) agent.destroy();
  return new Map([...samples].map(([name, all]) => [name, latenciesOf(all, perSecond)]));
}

function latenciesOf(all: readonly (readonly number[])[], perSecond: number): Latencies {
  const times = all.flat();
  const good = sortedOf(times);
  const slowest = all.map((round) => sortedOf(round.slice(0, perSecond)).at(-1) ?? Number.NaN);
  return {
    p50Ms: at(good, 0.5),
    p99Ms: at(good, 0.99),
    afterPauseMs: median(slowest),
    failed: times.length - good.length,
  };
}

function sortedOf(times: readonly number[]): number[] {
  return times.filter((time) => !Number.isNaN(time)).toSorted((one, other) => one - other);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
