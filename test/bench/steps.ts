import { chatOf, pausingStream } from './calls.ts';
import { latencies, loads, type Measured } from './measure.ts';
import * as targets from './targets.ts';
import type { BenchTarget } from './targets.ts';

/**
 * `npm run bench:steps`: the bare pipe, the same with what the gateway cannot do without added to it step by step, by
 * the gateway's own code, and the gateway: how much of the distance is required, whatever the rest of it is made of.
 */
const callsAtOnce = 64;

async function open(direct: BenchTarget): Promise<BenchTarget[]> {
  const home = targets.newHome();
  const gateway = await targets.startGateway(home);
  return [
    await targets.startBarePipe(direct),
    await targets.startBarePipe(direct, '+ journal', ['journal']),
    await targets.startBarePipe(direct, '+ the row of the history', ['store']),
    await targets.startBarePipe(direct, '+ bodies read strictly, and priced', ['store', 'reading']),
    targets.withProvider(gateway, home, direct, 'openai-chat'),
  ];
}

async function measure(): Promise<void> {
  const direct = await targets.startUpstream();
  const all = await open(direct);
  const withCall = (call: Measured['call'], some: readonly BenchTarget[]): Measured[] =>
    some.map((target) => ({ name: target.name, target, call }));
  const load = await loads(withCall(chatOf(1), all), callsAtOnce, 5, 4);
  const call = await latencies(withCall(chatOf(1), [direct, ...all]), 9, 200);
  const stream = await latencies(withCall(pausingStream, [direct, ...all]), 9, 20);
  const [pipe] = all;
  console.table(
    all.map(({ name }) => ({
      target: name,
      'calls/s, 64': load.get(name)?.perSecond.toFixed(0),
      'of the pipe': ratio(load.get(name)?.perSecond, load.get(pipe?.name ?? '')?.perSecond),
      'us a call': load.get(name)?.microsecondsEach?.toFixed(0),
      'added ms, 1 KB': beyond(call.get(name)?.totalMs, call.get(direct.name)?.totalMs),
      'first byte ms': beyond(stream.get(name)?.firstByteMs, stream.get(direct.name)?.firstByteMs),
    })),
  );
}

function ratio(one = Number.NaN, other = Number.NaN): string {
  return (one / other).toFixed(2);
}

function beyond(one = Number.NaN, other = Number.NaN): string {
  return (one - other).toFixed(3);
}

try {
  await measure();
} finally {
  targets.stopAll();
}
