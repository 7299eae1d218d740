import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchCall, chatOf, eventsOfStream, prepaidCall, streams } from './calls.ts';
import { hasWrk, latencies, type Load, loads, type Measured, median, residentMiB, type Timing } from './measure.ts';
import { type Ratios, worseThanCommitted } from './ratios.ts';
import { type Peer, startPeers } from './peers/start-peers.ts';
import { slowStreams, type SlowStreams } from './slow-streams.ts';
import * as targets from './targets.ts';
import type { BenchTarget } from './targets.ts';

/**
 * `npm run bench [-- --check]`: what the gateway adds, beside the bare pipe, nginx and the upstream itself, in
 * interleaved rounds of one run. With `--check` it fails where a ratio to the bare pipe is worse than the committed
 * one, beyond noise.
 */
const isCheck = process.argv.includes('--check');
const callsAtOnce = 64;
const streamsAtOnce = 32;
const prepaidAtOnce = 32;
/** Below the calls that a key, and all keys together, may have at once. */
const slowKeys = 9;
const slowStreamsOfKey = 110;
const nginxPort = 18_477;

interface Bench {
  direct: BenchTarget;
  pipe: BenchTarget;
  nginx: BenchTarget | null;
  /** The gateway, in front of an upstream of each dialect. */
  toChat: BenchTarget;
  toMessages: BenchTarget;
  peers: readonly Peer[];
  starts: { ms: number; empty: number };
}

async function open(): Promise<Bench> {
  const direct = await targets.startUpstream();
  const home = targets.newHome();
  const starts: { ms: number; empty: number }[] = [];
  for (let index = 0; index < 5; index += 1) {
    const gateway = await targets.startGateway(home);
    starts.push({ ms: gateway.startMs, empty: targets.emptyStartMs() });
    await stopAndWait(gateway);
  }
  const gateway = await targets.startGateway(home);
  const pipe = await targets.startBarePipe(direct);
  const nginx = await targets.startNginx(direct, nginxPort);
  if (!nginx) console.log('nginx is not installed: its column is left out (apt-get install nginx-light)');
  const peers = await startPeers(direct);
  if (peers.length === 0) console.log('the other gateways are not installed: their rows are left out');
  const toChat = targets.withProvider(gateway, home, direct, 'openai-chat');
  return {
    direct,
    pipe,
    nginx,
    peers,
    toChat,
    toMessages: targets.withProvider(gateway, home, direct, 'anthropic-messages'),
    starts: { ms: median(starts.map(({ ms }) => ms)), empty: median(starts.map(({ empty }) => empty)) },
  };
}

function besideEachOther({ direct, pipe, nginx, toChat }: Bench, call: BenchCall): Measured[] {
  return [direct, ...(nginx ? [nginx] : []), pipe, toChat].map((target) => ({ name: target.name, target, call }));
}

/** The same for a call in one piece, beside other gateways. */
function besideOthers(bench: Bench, kilobytes: number): Measured[] {
  const others = bench.peers.map(({ target, call }) => ({ name: target.name, target, call: call(kilobytes) }));
  return [...besideEachOther(bench, chatOf(kilobytes)), ...others];
}

async function main(): Promise<void> {
  const bench = await open();
  const { direct, pipe, nginx, toChat, toMessages } = bench;
  const idleMiB = residentMiB(toChat.pid);
  const slow = await slowStreamsOfFresh(direct);
  const small = await latencies(besideOthers(bench, 1), 9, 100);
  const larger = await latencies(besideOthers(bench, 100), 5, 40);
  const large = await latencies(besideEachOther(bench, chatOf(1024)), 5, 10);
  const stream = await latencies(besideEachOther(bench, streams.chat), 7, 20);
  const isLoaded = hasWrk();
  if (!isLoaded) console.log('wrk is not installed: throughput is left out (apt-get install wrk)');
  const calls = isLoaded ? await loads(besideOthers(bench, 1), callsAtOnce, 3, 4) : new Map<string, Load>();
  const events = isLoaded
    ? await loads(besideEachOther(bench, streams.chat), streamsAtOnce, 3, 4)
    : new Map<string, Load>();
  const translated: Measured[] = [
    { name: 'chat, as it is', target: toChat, call: streams.chat },
    { name: 'messages, as it is', target: toMessages, call: streams.messages },
    { name: 'messages from chat', target: toChat, call: streams.messages },
    { name: 'responses from chat', target: toChat, call: streams.responses },
    { name: 'chat from messages', target: toMessages, call: streams.chat },
    { name: 'responses from messages', target: toMessages, call: streams.responses },
  ];
  const pairs = isLoaded ? await loads(translated, streamsAtOnce, 3, 2) : new Map<string, Load>();
  const loadedMiB = residentMiB(toChat.pid);
  const prepaid = isLoaded ? await prepaidCallsPerSecond() : Number.NaN;

  const added = (timings: Map<string, Timing>, name: string, which: keyof Timing = 'totalMs') =>
    (timings.get(name)?.[which] ?? Number.NaN) - (timings.get(direct.name)?.[which] ?? Number.NaN);
  const rows = besideOthers(bench, 1).map(({ name }) => ({
    target: name,
    'added ms, 1 KB': fixed(added(small, name), 3),
    '100 KB': fixed(added(larger, name), 3),
    '1 MB': fixed(added(large, name), 2),
    'first byte ms': fixed(added(stream, name, 'firstByteMs'), 3),
    'calls/s, 64': fixed(calls.get(name)?.perSecond, 0),
    'us a call': fixed(calls.get(name)?.microsecondsEach, 0),
    'events/s, 32': fixed((events.get(name)?.perSecond ?? Number.NaN) * eventsOfStream, 0),
  }));
  console.table(rows);
  console.table(
    [...pairs].map(([name, load]) => ({ stream: name, 'events/s, 32': fixed(load.perSecond * eventsOfStream, 0) })),
  );
  const process = {
    'memory idle MiB': fixed(idleMiB, 0),
    'after load MiB': fixed(loadedMiB, 0),
    'start ms': fixed(bench.starts.ms, 0),
    'empty Node ms': fixed(bench.starts.empty, 0),
    'prepaid calls/s, 32': fixed(prepaid, 0),
  };
  console.table([process]);
  console.table([slowRow(slow)]);

  const toPipe = (of: (name: string) => number | null | undefined) =>
    (of(toChat.name) ?? Number.NaN) / (of(pipe.name) ?? Number.NaN);
  const toPassing = (name: string, passing: string) =>
    (pairs.get(name)?.perSecond ?? Number.NaN) / (pairs.get(passing)?.perSecond ?? Number.NaN);
  const ratios: Ratios = {
    'added, 1 KB': toPipe((name) => added(small, name)),
    'added, 100 KB': toPipe((name) => added(larger, name)),
    'added, 1 MB': toPipe((name) => added(large, name)),
    'first byte': toPipe((name) => added(stream, name, 'firstByteMs')),
    'calls a second': toPipe((name) => calls.get(name)?.perSecond),
    'processor time': toPipe((name) => calls.get(name)?.microsecondsEach),
    'events a second': toPipe((name) => events.get(name)?.perSecond),
    'messages from chat': toPassing('messages from chat', 'chat, as it is'),
    'responses from chat': toPassing('responses from chat', 'chat, as it is'),
    'chat from messages': toPassing('chat from messages', 'messages, as it is'),
    'responses from messages': toPassing('responses from messages', 'messages, as it is'),
    'start, to an empty Node': bench.starts.ms / bench.starts.empty,
  };
  console.table(Object.entries(ratios).map(([what, ratio]) => ({ what, ratio: fixed(ratio, 2) })));
  const folder = join(import.meta.dirname, '..', '..', '.bench');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'latest.json'),
    `${JSON.stringify({ rows, process, slow, ratios, nginx: nginx !== null }, null, 2)}\n`,
  );
  if (isCheck) report(worseThanCommitted(ratios));
}

/** In a gateway of their own: what they leave behind is not what is measured after them. */
async function slowStreamsOfFresh(direct: BenchTarget): Promise<SlowStreams> {
  const home = targets.newHome();
  const gateway = await targets.startGateway(home);
  targets.withProvider(gateway, home, direct, 'openai-chat');
  const keys = Array.from({ length: slowKeys }, (_, index) =>
    targets.withKey(gateway, home, `slow ${index}`, 'provider:openai-chat'),
  );
  const result = await slowStreams(keys, slowStreamsOfKey);
  await stopAndWait(gateway);
  return result;
}

async function prepaidCallsPerSecond(): Promise<number> {
  const target = await targets.startPrepaid();
  const measured = await loads([{ name: 'prepaid', target, call: prepaidCall }], prepaidAtOnce, 3, 4);
  return measured.get('prepaid')?.perSecond ?? Number.NaN;
}

function slowRow({ open, dropped, kibibytesEach, firstByteMs, healthP99Ms }: SlowStreams): Record<string, string> {
  return {
    'slow streams': String(open),
    dropped: String(dropped),
    'KiB each': fixed(kibibytesEach, 0),
    'first byte of one more ms': fixed(firstByteMs, 1),
    '/healthz p99 ms': fixed(healthP99Ms, 1),
  };
}

function report(worse: readonly string[]): void {
  for (const line of worse) console.log(line);
  if (worse.length > 0) process.exitCode = 1;
}

function stopAndWait(target: BenchTarget): Promise<void> {
  return new Promise((resolve) => {
    if (target.pid === null) return resolve();
    process.kill(target.pid, 'SIGTERM');
    const look = setInterval(() => {
      if (residentMiB(target.pid) !== null) return;
      clearInterval(look);
      resolve();
    }, 10);
  });
}

function fixed(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits);
}

try {
  await main();
} finally {
  targets.stopAll();
}
