import { Agent, type IncomingMessage, request } from 'node:http';
import { slowStream } from './calls.ts';
import { median, residentMiB } from './measure.ts';
import { type BenchTarget, newHome, startGateway, stopAndWait, withKey, withProvider } from './targets.ts';

export interface SlowStreams {
  open: number;
  /** Streams that ended before they should. */
  dropped: number;
  /** What one holds in the gateway, above what it uses idle. */
  kibibytesEach: number;
  /** Until the first byte of one more. */
  firstByteMs: number;
  /** How long the smallest request waits for its turn meanwhile, one in a hundred. */
  healthP99Ms: number;
}

const newStreams = 20;
const looks = 200;
const looksEveryMs = 10;

/** Below the calls that a key, and all keys together, may have at once. */
const groups = 9;
const streamsOfGroup = 110;

/** In a gateway of their own: what they leave behind is not what is measured after them. */
export async function slowStreamsOfGateway(upstream: BenchTarget): Promise<SlowStreams> {
  const home = newHome();
  const gateway = await startGateway(home);
  withProvider(gateway, home, upstream, 'openai-chat');
  const keys = Array.from({ length: groups }, (_, index) =>
    withKey(gateway, home, `slow ${index}`, 'provider:openai-chat'),
  );
  const result = await slowStreams(keys, streamsOfGroup);
  await stopAndWait(gateway);
  return result;
}

/** The same of a program without limits of its keys. */
export function slowStreamsOf(target: BenchTarget): Promise<SlowStreams> {
  const same = Array.from({ length: groups }, () => target);
  return slowStreams(same, streamsOfGroup);
}

/** Streams that send an event now and then, as many as there are keys for, all open at once. */
export async function slowStreams(targets: readonly BenchTarget[], perTarget: number): Promise<SlowStreams> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const [target] = targets;
  if (!target) throw new Error('no target');
  const idleMiB = residentMiB(target.pid) ?? Number.NaN;
  let dropped = 0;
  const streams: IncomingMessage[] = [];
  for (const each of targets) {
    const opened = await Promise.all(Array.from({ length: perTarget }, () => openStream(each, agent)));
    for (const { response } of opened) {
      response.resume();
      response.on('close', () => (dropped += 1));
      streams.push(response);
    }
  }
  const firstBytes: number[] = [];
  for (let index = 0; index < newStreams; index += 1) {
    const { response, firstByteMs } = await openStream(target, agent);
    firstBytes.push(firstByteMs);
    response.destroy();
  }
  const waits: number[] = [];
  for (let index = 0; index < looks; index += 1) {
    const before = performance.now();
    await (await fetch(`${target.url}/healthz`)).arrayBuffer();
    waits.push(performance.now() - before);
    await new Promise((resolve) => setTimeout(resolve, looksEveryMs));
  }
  const openMiB = residentMiB(target.pid) ?? Number.NaN;
  const result = {
    open: streams.length,
    dropped,
    kibibytesEach: ((openMiB - idleMiB) * 1024) / streams.length,
    firstByteMs: median(firstBytes),
    healthP99Ms: waits.toSorted((a, b) => a - b)[Math.floor(looks * 0.99)] ?? Number.NaN,
  };
  agent.destroy();
  return result;
}

function openStream(target: BenchTarget, agent: Agent): Promise<{ response: IncomingMessage; firstByteMs: number }> {
  const { path, body } = slowStream;
  return new Promise((resolve, reject) => {
    const before = performance.now();
    const headers = {
      ...target.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(`${target.url}${path}`, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode !== 200)
        return reject(new Error(`a slow stream was answered with ${response.statusCode}`));
      response.once('data', () => resolve({ response, firstByteMs: performance.now() - before }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
