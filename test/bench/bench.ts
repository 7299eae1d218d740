import { type BenchCall, chatOf, pausingStream, prepaidCall, streams } from './calls.ts';
import { hasWrk, latencies, type Load, loads, type Measured, median, residentMiB } from './measure.ts';
import { type Peer, startPeers } from './peers/start-peers.ts';
import { type MemoryOfBoth, ratiosOf, type Results, show } from './report.ts';
import { worseThanCommitted } from './ratios.ts';
import { slowStreamsOfGateway } from './slow-streams.ts';
import * as targets from './targets.ts';
import type { BenchTarget } from './targets.ts';

/**
 * `npm run bench [-- --check]`: what the gateway adds, beside the bare pipe, nginx and the upstream itself, in
 * interleaved rounds of one run. With `--check` it fails where a ratio is worse than the committed one, beyond noise,
 * and is so again when everything is measured a second time: two processes of one build differ, a slower build is
 * slower in both.
 */
const isCheck = process.argv.includes('--check');
const callsAtOnce = 64;
const streamsAtOnce = 32;
const prepaidAtOnce = 32;
const nginxPort = 18_477;

interface Bench {
  direct: BenchTarget;
  pipe: BenchTarget;
  nginx: BenchTarget | null;
  /** The gateway, in front of an upstream of each dialect. */
  toChat: BenchTarget;
  toMessages: BenchTarget;
  peers: readonly Peer[];
  starts: Results['starts'];
}

async function open(): Promise<Bench> {
  const direct = await targets.startUpstream();
  const home = targets.newHome();
  const starts = await measureStarts(direct, home);
  const gateway = await targets.startGateway(home);
  const pipe = await targets.startBarePipe(direct);
  const nginx = await targets.startNginx(direct, nginxPort);
  if (!nginx) console.log('nginx is not installed: its column is left out (apt-get install nginx-light)');
  const peers = await startPeers(direct);
  if (peers.length === 0) console.log('the other gateways are not installed: their rows are left out');
  const toChat = targets.withProvider(gateway, home, direct, 'openai-chat');
  const toMessages = targets.withProvider(gateway, home, direct, 'anthropic-messages');
  return { direct, pipe, nginx, peers, toChat, toMessages, starts };
}

async function measureStarts(direct: BenchTarget, home: string): Promise<Results['starts']> {
  const all: Results['starts'][] = [];
  for (let index = 0; index < 5; index += 1) {
    const gateway = await targets.startGateway(home);
    const pipe = await targets.startBarePipe(direct);
    all.push({ gateway: gateway.startMs, pipe: pipe.startMs, empty: targets.emptyStartMs() });
    await Promise.all([gateway, pipe].map(targets.stopAndWait));
  }
  const of = (which: keyof Results['starts']) => median(all.map((one) => one[which]));
  return { gateway: of('gateway'), pipe: of('pipe'), empty: of('empty') };
}

function besideEachOther({ direct, pipe, nginx, toChat }: Bench, call: BenchCall): Measured[] {
  return [direct, ...(nginx ? [nginx] : []), pipe, toChat].map((target) => ({ name: target.name, target, call }));
}

/** The same for a call in one piece, beside other gateways. */
function besideOthers(bench: Bench, kilobytes: number): Measured[] {
  const others = bench.peers.map(({ target, call }) => ({ name: target.name, target, call: call(kilobytes) }));
  return [...besideEachOther(bench, chatOf(kilobytes)), ...others];
}

function translatedStreams({ toChat, toMessages }: Bench): Measured[] {
  return [
    { name: 'chat, as it is', target: toChat, call: streams.chat },
    { name: 'messages, as it is', target: toMessages, call: streams.messages },
    { name: 'messages from chat', target: toChat, call: streams.messages },
    { name: 'responses from chat', target: toChat, call: streams.responses },
    { name: 'chat from messages', target: toMessages, call: streams.chat },
    { name: 'responses from messages', target: toMessages, call: streams.responses },
  ];
}

/** What is under load comes first: what is measured after it is measured in warm programs. */
async function measure(bench: Bench): Promise<Results> {
  const { direct, pipe, toChat, starts } = bench;
  const memory = (): MemoryOfBoth => ({ gateway: residentMiB(toChat.pid), pipe: residentMiB(pipe.pid) });
  const idleMiB = memory();
  const slow = await slowStreamsOfGateway(direct);
  const isLoaded = hasWrk();
  if (!isLoaded) console.log('wrk is not installed: throughput is left out (apt-get install wrk)');
  const underLoad = (all: readonly Measured[], atOnce: number, seconds: number) =>
    isLoaded ? loads(all, atOnce, 3, seconds) : new Map<string, Load>();
  const calls = await underLoad(besideOthers(bench, 1), callsAtOnce, 4);
  const loadedMiB = memory();
  const events = await underLoad(besideEachOther(bench, streams.chat), streamsAtOnce, 4);
  return {
    direct: direct.name,
    pipe: pipe.name,
    gateway: toChat.name,
    starts,
    idleMiB,
    loadedMiB,
    slow,
    calls,
    events,
    translated: await underLoad(translatedStreams(bench), streamsAtOnce, 2),
    small: await latencies(besideOthers(bench, 1), 9, 200),
    larger: await latencies(besideOthers(bench, 100), 9, 40),
    large: await latencies(besideEachOther(bench, chatOf(1024)), 9, 20),
    pausing: await latencies(besideEachOther(bench, pausingStream), 9, 20),
    burst: await latencies(besideEachOther(bench, streams.chat), 9, 20),
    prepaidPerSecond: isLoaded ? await prepaidCallsPerSecond() : Number.NaN,
  };
}

async function prepaidCallsPerSecond(): Promise<number> {
  const target = await targets.startPrepaid();
  const measured = await loads([{ name: 'prepaid', target, call: prepaidCall }], prepaidAtOnce, 3, 4);
  return measured.get('prepaid')?.perSecond ?? Number.NaN;
}

async function run(): Promise<Map<string, string>> {
  try {
    const results = await measure(await open());
    show(results);
    return isCheck ? worseThanCommitted(ratiosOf(results)) : new Map();
  } finally {
    targets.stopAll();
  }
}

const worse = await run();
if (worse.size > 0) {
  console.log([...worse.values(), 'Measured once more, in new programs …'].join('\n'));
  const again = await run();
  const worseTwice = [...again].filter(([name]) => worse.has(name));
  for (const [, sentence] of worseTwice) console.log(sentence);
  if (worseTwice.length > 0) process.exitCode = 1;
}
