import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { latencies, median, residentMiB, throughput } from './measure.ts';
import { type BenchTarget, configureGateway, newHome, startGateway, startNginx, startUpstream, stopAll } from './targets.ts';

/** `npm run bench`: what the gateway adds, beside the same upstream direct and behind nginx. Ratios from one run, medians. */
async function main(): Promise<void> {
  const upstream = await startUpstream();
  const home = newHome();
  const starts: number[] = [];
  for (let index = 0; index < 5; index += 1) {
    const gateway = await startGateway(home);
    starts.push(gateway.startMs);
    await stopAndWait(gateway);
  }
  const gateway = await startGateway(home);
  configureGateway(gateway, home, upstream);
  const nginx = await startNginx(upstream, 18_477);
  const targets: BenchTarget[] = [upstream, ...(nginx ? [nginx] : []), gateway];
  if (!nginx) console.log('nginx is not installed: its column is left out (apt-get install nginx-light)');

  const idleMiB = residentMiB(gateway.pid);
  const whole = await latencies(targets, false, 9, 150);
  const stream = await latencies(targets, true, 7, 25);
  const wholeRate = throughput(targets, false, 64, 3, 4);
  const streamRate = throughput(targets, true, 16, 3, 4);
  if (!wholeRate) console.log('wrk is not installed: throughput is left out (apt-get install wrk)');
  const loadedMiB = residentMiB(gateway.pid);

  const direct = upstream.name;
  const rows = targets.map(({ name }) => ({
    target: name,
    'p50 ms, c=1': fixed(whole.get(name)?.totalMs, 3),
    'added ms': fixed(minus(whole.get(name)?.totalMs, whole.get(direct)?.totalMs), 3),
    'first byte ms': fixed(stream.get(name)?.firstByteMs, 3),
    'added first byte ms': fixed(minus(stream.get(name)?.firstByteMs, stream.get(direct)?.firstByteMs), 3),
    'req/s, c=64': fixed(wholeRate?.get(name), 0),
    'of direct': ratio(wholeRate?.get(name), wholeRate?.get(direct)),
    'streams/s, c=16': fixed(streamRate?.get(name), 0),
    'of direct ': ratio(streamRate?.get(name), streamRate?.get(direct)),
  }));
  console.table(rows);
  const process = {
    'memory idle MiB': fixed(idleMiB, 0),
    'memory after load MiB': fixed(loadedMiB, 0),
    'start to listening ms': fixed(median(starts), 0),
  };
  console.table([process]);
  const folder = join(import.meta.dirname, '..', '..', '.bench');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'latest.json'), `${JSON.stringify({ rows, process }, null, 2)}\n`);
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
  return value === null || value === undefined ? '-' : value.toFixed(digits);
}

function minus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

function ratio(a: number | undefined, b: number | undefined): string {
  return a === undefined || b === undefined ? '-' : `${((a / b) * 100).toFixed(0)} %`;
}

try {
  await main();
} finally {
  stopAll();
}
