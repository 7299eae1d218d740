// `npm run bench:hostile [-- --check] [-- name …]`: how long others wait while one client does its worst. The built
// programs, attacked from processes of their own. With `--check` it fails where /healthz takes more than 50 ms or a
// small call more than 250 ms (p99).
import { attacks, fullScale } from './hostile/attacks.ts';
import { builtPrograms, mostMiB, openPlaces, type Place, type Places } from './hostile/places.ts';
import { type Measured, measure, type Waits } from './hostile/probe.ts';

const warmUpMs = 1_000;
const measuredS = 5;
/** The attackers go on a little longer than is measured, and then end by themselves. */
const attackS = measuredS + 2;
const mostHealthMs = 50;
const mostCallMs = 250;

const parameters = process.argv.slice(2);
const isCheck = parameters.includes('--check');
const wanted = parameters.filter((parameter) => !parameter.startsWith('--'));

interface Row extends Measured {
  place: string;
  attack: string;
  mostMiB: number | null;
}

async function main(): Promise<Row[]> {
  const rows: Row[] = [];
  const names = Object.keys(attacks).filter((name) => wanted.length === 0 || wanted.includes(name));
  for (const kind of ['gateway', 'service'] as const) {
    const rounds = [[], ...names.map((name) => [name]), ...(names.length > 1 ? [names] : [])];
    for (const round of rounds) {
      // Each against a fresh one: what an attack leaves behind is not the next one's.
      await using places = await openPlaces(builtPrograms);
      rows.push(await runRound(places, await places[kind](), round));
    }
  }
  return rows;
}

async function runRound(places: Places, place: Place, names: readonly string[]): Promise<Row> {
  const attack = names.length === 0 ? 'none' : names.length === 1 ? names.join() : 'all together';
  await measure(place, 1);
  const attackers = await Promise.all(names.map((name) => places.attack([name], place.victim, fullScale, attackS)));
  await new Promise((resolve) => setTimeout(resolve, warmUpMs));
  const waits = await measure(place, measuredS);
  const row = { place: place.name, attack, ...waits, mostMiB: mostMiB(place.pid) };
  print(row);
  await Promise.all(attackers.map(({ ended }) => ended));
  return row;
}

function print({ place, attack, health, call, upstream, mostMiB: memory }: Row): void {
  const words = ({ p50Ms, p99Ms, maxMs, failed, asked }: Waits): string =>
    `${[p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(0).padStart(6)).join('')}  ${failed === 0 ? '' : `${failed} of ${asked} failed`}`.padEnd(
      38,
    );
  console.log(
    `${place.padEnd(9)}${attack.padEnd(30)}${words(health)}${words(call)}${`${upstream.p99Ms.toFixed(0)} ms`.padEnd(20)}${memory ?? '-'} MiB`,
  );
}

console.log(
  `${''.padEnd(39)}${'/healthz: p50, p99, max ms'.padEnd(38)}${'small call: p50, p99, max ms'.padEnd(38)}upstream itself: p99`,
);
const rows = await main();
const slow = rows.filter(
  ({ health, call }) => health.p99Ms > mostHealthMs || call.p99Ms > mostCallMs || health.failed + call.failed > 0,
);
if (slow.length > 0)
  console.log(
    `${slow.length} of ${rows.length} are beyond ${mostHealthMs} ms for /healthz or ${mostCallMs} ms for a small call`,
  );
if (isCheck && slow.length > 0) process.exitCode = 1;
