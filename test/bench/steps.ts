import { chatOf, pausingStream } from './calls.ts';
import { latencies, loads, type Measured, median, residentMiB } from './measure.ts';
import { slowStreamsOf, slowStreamsOfGateway } from './slow-streams.ts';
import * as targets from './targets.ts';
import type { BenchTarget, StartedTarget } from './targets.ts';

/**
 * `npm run bench:steps`: the bare pipe, the same with what the gateway cannot do without added to it step by step, by
 * the gateway's own code, and the gateway: how much of the distance is required, whatever the rest of it is made of.
 */
const callsAtOnce = 64;
const startsEach = 9;
const required = ['store', 'reading', 'headers'];

async function open(direct: BenchTarget): Promise<BenchTarget[]> {
  const home = targets.newHome();
  return [
    await targets.startBarePipe(direct),
    await targets.startBarePipe(direct, '+ journal', ['journal']),
    await targets.startBarePipe(direct, '+ the row of the history', ['store']),
    await targets.startBarePipe(direct, '+ requests checked, read strictly, priced', ['store', 'reading']),
    await targets.startBarePipe(direct, '+ headers passed on, credential masked', required),
    targets.withProvider(await targets.startGateway(home), home, direct, 'openai-chat'),
  ];
}

async function measureCalls(direct: BenchTarget): Promise<void> {
  const all = await open(direct);
  const idle = new Map(all.map(({ name, pid }) => [name, residentMiB(pid)]));
  const withCall = (call: Measured['call'], some: readonly BenchTarget[]): Measured[] =>
    some.map((target) => ({ name: target.name, target, call }));
  const load = await loads(withCall(chatOf(1), all), callsAtOnce, 5, 4);
  const loaded = new Map(all.map(({ name, pid }) => [name, residentMiB(pid)]));
  const one = (call: Measured['call'], perRound: number) => latencies(withCall(call, [direct, ...all]), 9, perRound);
  const [small, larger, large] = [await one(chatOf(1), 200), await one(chatOf(100), 40), await one(chatOf(1024), 20)];
  const stream = await one(pausingStream, 20);
  const pipe = all[0]?.name ?? '';
  const beside = (of: (name: string) => number | undefined, name: string, digits: number): string =>
    `${of(name)?.toFixed(digits)} (${((of(name) ?? Number.NaN) / (of(pipe) ?? Number.NaN)).toFixed(2)})`;
  const added = (timings: typeof small, which: 'totalMs' | 'firstByteMs') => (name: string) =>
    (timings.get(name)?.[which] ?? Number.NaN) - (timings.get(direct.name)?.[which] ?? Number.NaN);
  console.table(
    all.map(({ name }) => ({
      target: name,
      'calls/s, 64': beside((of) => load.get(of)?.perSecond, name, 0),
      'us a call': beside((of) => load.get(of)?.microsecondsEach ?? undefined, name, 0),
      'added ms, 1 KB': beside(added(small, 'totalMs'), name, 3),
      '100 KB': beside(added(larger, 'totalMs'), name, 3),
      '1 MB': beside(added(large, 'totalMs'), name, 2),
      'first byte ms': beside(added(stream, 'firstByteMs'), name, 3),
      'idle MiB': idle.get(name)?.toFixed(0),
      'after load': loaded.get(name)?.toFixed(0),
    })),
  );
}

async function measureSlowStreams(direct: BenchTarget): Promise<void> {
  const pipe = await targets.startBarePipe(direct);
  const stepped = await targets.startBarePipe(direct, '+ all of these steps', required);
  const measured = [
    [pipe.name, await slowStreamsOf(pipe)],
    [stepped.name, await slowStreamsOf(stepped)],
    ['Corvus gateway', await slowStreamsOfGateway(direct)],
  ] as const;
  console.table(
    measured.map(([target, { kibibytesEach }]) => ({ target, 'KiB of a slow stream': kibibytesEach.toFixed(0) })),
  );
}

async function measureStarts(direct: BenchTarget): Promise<void> {
  const home = targets.newHome();
  const starts: Record<string, () => Promise<StartedTarget>> = {
    'bare pipe': () => targets.startBarePipe(direct),
    '+ its database is open before it listens': () => targets.startBarePipe(direct, 'waits', ['waits']),
    'Corvus gateway': () => targets.startGateway(home),
  };
  const times = new Map<string, number[]>(Object.keys(starts).map((name) => [name, []]));
  const empty: number[] = [];
  for (let round = 0; round < startsEach; round += 1) {
    empty.push(targets.emptyStartMs());
    for (const [name, start] of Object.entries(starts)) {
      const started = await start();
      times.get(name)?.push(started.startMs);
      await targets.stopAndWait(started);
    }
  }
  const emptyMs = median(empty);
  console.table(
    [...times].map(([name, each]) => ({
      target: name,
      'start ms': median(each).toFixed(0),
      'to an empty Node': (median(each) / emptyMs).toFixed(1),
    })),
  );
}

try {
  const direct = await targets.startUpstream();
  await measureStarts(direct);
  await measureSlowStreams(direct);
  await measureCalls(direct);
} finally {
  targets.stopAll();
}
