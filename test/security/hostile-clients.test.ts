import { expect, test } from 'vitest';
import { attacks, type Scale } from '../bench/hostile/attacks.ts';
import { mostMiB, openFiles, openPlaces, type Place, type Places, sourcePrograms } from '../bench/hostile/places.ts';
import { askHealth, callOnce } from '../bench/hostile/probe.ts';
import { eventually } from '../support/eventually.ts';

// `npm run bench:hostile` does the same at full size and with a clock. Here nothing is timed: it is answered, or it is
// not.
const scale: Scale = { sizeMiB: 4, readers: 80, streams: 200, slowUpstreams: 300, slowloris: 200, bombs: 12 };
/** An attack goes on until it was seen to be withstood, and no longer than this. */
const attackS = 25;
const rampUpMs = 700;
/** Until every one of its calls has been admitted. */
const slowRampUpMs = 4_000;
const asks = 6;
/** Only what is not answered at all while the attack goes on waits so long. */
const withinMs = 10_000;
/** Kept-alive connections and what a log or a database opens now and then. */
const spareFiles = 40;
const mostMemoryMiB = 1_200;

/** Two that use the same means at a time, and in the end all of them. */
const rounds = [
  ['hostile bodies', 'hostile bodies, compressed'],
  ['hostile forms', 'compressed bombs'],
  ['slow readers', 'event streams'],
  ['slow upstreams', 'slow heads'],
  ['malformed chunks', 'pipelined floods'],
  Object.keys(attacks),
];

/** Others get answers while it goes on, and when it is over nothing of it is left open. */
async function withstand(places: Places, place: Place, names: readonly string[]): Promise<string[]> {
  const faults: string[] = [];
  const before = openFiles(place.pid);
  const attackers = await places.attack(names, place.victim, scale, attackS);
  await new Promise((resolve) => setTimeout(resolve, names.includes('slow upstreams') ? slowRampUpMs : rampUpMs));
  for (let asked = 0; asked < asks && faults.length === 0; asked += 1) {
    if ((await askHealth(place.victim.url, withinMs)) === null) faults.push('health was not answered');
    if ((await callOnce(place.victim.url, place.otherKey, withinMs)) === null)
      faults.push('another customer’s call was not answered');
  }
  await attackers.stop();
  if (before !== null) {
    await eventually(() => expect(openFiles(place.pid)).toBeLessThan(before + spareFiles)).catch(() =>
      faults.push(`${openFiles(place.pid)} files and sockets are open, ${before} were before`),
    );
  }
  const memory = mostMiB(place.pid);
  if (memory !== null && memory > mostMemoryMiB) faults.push(`${memory} MiB of memory`);
  return faults;
}

test.each(['gateway', 'service'] as const)(
  'the %s answers others while one client does its worst, and is rid of it afterwards (E90)',
  { timeout: 240_000 },
  async (kind) => {
    await using places = await openPlaces(sourcePrograms);
    const place = await places[kind]();
    const faults: string[] = [];
    expect(new Set(rounds.slice(0, -1).flat())).toEqual(new Set(Object.keys(attacks)));
    for (const names of rounds) {
      const name = `${kind}: ${names.length === 2 ? names.join(' and ') : 'all together'}`;
      faults.push(...(await withstand(places, place, names)).map((fault) => `${name}: ${fault}`));
    }
    expect(faults).toEqual([]);
  },
);
