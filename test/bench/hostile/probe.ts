import { request } from 'node:http';
import type { Place } from './places.ts';

/** The latencies of one kind of request. */
export interface Waits {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** Requests without a 200. */
  failed: number;
  asked: number;
}

const longestMs = 20_000;
const healthEveryMs = 20;
const callEveryMs = 50;
const upstreamEveryMs = 100;
const smallCall = JSON.stringify({
  model: 'bench-model',
  max_tokens: 16,
  messages: [{ role: 'user', content: 'ping' }],
});

export interface Measured {
  health: Waits;
  call: Waits;
  /** The same small call, sent to the upstream itself: where it is slow, a slow call says nothing of the program. */
  upstream: Waits;
}

/** Asks for health and makes small calls with another customer's key, at a steady pace, however long each takes. */
export async function measure({ victim, otherKey, upstream: url }: Place, seconds: number): Promise<Measured> {
  const until = performance.now() + seconds * 1000;
  const [health, call, upstream] = await Promise.all([
    atPace(until, healthEveryMs, () => askHealth(victim.url)),
    atPace(until, callEveryMs, () => callOnce(victim.url, otherKey)),
    atPace(until, upstreamEveryMs, () =>
      timed(`${url}/chat/completions`, { key: null, body: smallCall, withinMs: longestMs }),
    ),
  ]);
  return { health, call, upstream };
}

export function askHealth(url: string, withinMs = longestMs): Promise<number | null> {
  return timed(`${url}/healthz`, { key: null, body: null, withinMs });
}

export function callOnce(url: string, key: string, withinMs = longestMs): Promise<number | null> {
  return timed(`${url}/v1/chat/completions`, { key, body: smallCall, withinMs });
}

async function atPace(until: number, everyMs: number, ask: () => Promise<number | null>): Promise<Waits> {
  const asked: Promise<number | null>[] = [];
  while (performance.now() < until) {
    asked.push(ask());
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const waits = await Promise.all(asked);
  const sorted = waits.map((wait) => wait ?? longestMs).toSorted((one, other) => one - other);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    failed: waits.filter((wait) => wait === null).length,
    asked: waits.length,
  };
}

/** Milliseconds until the whole answer is there; null where it is not 200, or does not come. */
function timed(
  url: string,
  { key, body, withinMs }: { key: string | null; body: string | null; withinMs: number },
): Promise<number | null> {
  return new Promise((resolve) => {
    const before = performance.now();
    const headers = {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const sent = request(url, { method: body === null ? 'GET' : 'POST', headers, agent: false }, (reply) => {
      reply.resume();
      reply.on('error', () => resolve(null));
      reply.on('end', () => resolve(reply.statusCode === 200 ? performance.now() - before : null));
    });
    const late = setTimeout(() => sent.destroy(), withinMs);
    sent.on('error', () => resolve(null));
    sent.on('close', () => {
      clearTimeout(late);
      resolve(null);
    });
    sent.end(body ?? undefined);
  });
}
