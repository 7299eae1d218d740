import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventsOfStream } from './calls.ts';
import type { Load, Timing } from './measure.ts';
import type { Ratios } from './ratios.ts';
import type { SlowStreams } from './slow-streams.ts';

/** What was measured, by the names of the targets. */
export interface Results {
  direct: string;
  pipe: string;
  gateway: string;
  /** Of a call in one piece. */
  small: Map<string, Timing>;
  larger: Map<string, Timing>;
  large: Map<string, Timing>;
  /** Of a stream that pauses after its first event, and of one whose events all come at once. */
  pausing: Map<string, Timing>;
  burst: Map<string, Timing>;
  calls: Map<string, Load>;
  events: Map<string, Load>;
  translated: Map<string, Load>;
  /** Milliseconds until it listens, at a second start. */
  starts: { gateway: number; pipe: number; empty: number };
  idleMiB: MemoryOfBoth;
  loadedMiB: MemoryOfBoth;
  prepaidPerSecond: number;
  slow: SlowStreams;
}

export interface MemoryOfBoth {
  gateway: number | null;
  pipe: number | null;
}

/** Prints what was measured, and keeps it in `.bench/latest.json`. */
export function show(results: Results): void {
  const rows = rowsOf(results);
  const ratios = ratiosOf(results);
  const programs = programsOf(results);
  console.table(rows);
  console.table(
    [...results.translated].map(([name, load]) => ({ stream: name, 'events/s, 32': eventsPerSecond(load) })),
  );
  console.table(programs);
  console.table([{ ...slowRow(results.slow), 'prepaid calls/s, 32': fixed(results.prepaidPerSecond, 0) }]);
  console.table(Object.entries(ratios).map(([what, ratio]) => ({ what, ratio: fixed(ratio, 2) })));
  const folder = join(import.meta.dirname, '..', '..', '.bench');
  mkdirSync(folder, { recursive: true });
  const { slow, prepaidPerSecond } = results;
  writeFileSync(
    join(folder, 'latest.json'),
    `${JSON.stringify({ rows, programs, slow, prepaidPerSecond, ratios }, null, 2)}\n`,
  );
}

/** Beside the bare pipe, a stream that is passed on as it is, or an empty Node. */
export function ratiosOf(results: Results): Ratios {
  const { gateway, pipe, translated, starts, calls, events } = results;
  const toPipe = (of: (name: string) => number | null | undefined) =>
    (of(gateway) ?? Number.NaN) / (of(pipe) ?? Number.NaN);
  const toPassing = (name: string, passing: string) =>
    (translated.get(name)?.perSecond ?? Number.NaN) / (translated.get(passing)?.perSecond ?? Number.NaN);
  return {
    'added, 1 KB': toPipe((name) => added(results, 'small', name)),
    'added, 100 KB': toPipe((name) => added(results, 'larger', name)),
    'added, 1 MB': toPipe((name) => added(results, 'large', name)),
    'first byte': toPipe((name) => added(results, 'pausing', name, 'firstByteMs')),
    'calls a second': toPipe((name) => calls.get(name)?.perSecond),
    'processor time': toPipe((name) => calls.get(name)?.microsecondsEach),
    'events a second': toPipe((name) => events.get(name)?.perSecond),
    'messages from chat': toPassing('messages from chat', 'chat, as it is'),
    'responses from chat': toPassing('responses from chat', 'chat, as it is'),
    'chat from messages': toPassing('chat from messages', 'messages, as it is'),
    'responses from messages': toPassing('responses from messages', 'messages, as it is'),
    'start, to an empty Node': starts.gateway / starts.empty,
  };
}

type Timed = 'small' | 'larger' | 'large' | 'pausing' | 'burst';

/** Milliseconds beyond those of the upstream itself. */
function added(results: Results, of: Timed, name: string, which: keyof Timing = 'totalMs'): number {
  const timings = results[of];
  return (timings.get(name)?.[which] ?? Number.NaN) - (timings.get(results.direct)?.[which] ?? Number.NaN);
}

function rowsOf(results: Results): Record<string, string>[] {
  const { calls, events } = results;
  return [...results.small.keys()].map((name) => ({
    target: name,
    'added ms, 1 KB': fixed(added(results, 'small', name), 3),
    '100 KB': fixed(added(results, 'larger', name), 3),
    '1 MB': fixed(added(results, 'large', name), 2),
    'first byte ms': fixed(added(results, 'pausing', name, 'firstByteMs'), 3),
    'in a burst': fixed(added(results, 'burst', name, 'firstByteMs'), 3),
    'calls/s, 64': fixed(calls.get(name)?.perSecond, 0),
    'us a call': fixed(calls.get(name)?.microsecondsEach, 0),
    'events/s, 32': eventsPerSecond(events.get(name)),
  }));
}

function programsOf({ gateway, pipe, starts, idleMiB, loadedMiB }: Results): Record<string, string>[] {
  return [
    { program: gateway, 'start ms': fixed(starts.gateway, 0), ...memoryOf(idleMiB.gateway, loadedMiB.gateway) },
    { program: pipe, 'start ms': fixed(starts.pipe, 0), ...memoryOf(idleMiB.pipe, loadedMiB.pipe) },
    { program: 'empty Node', 'start ms': fixed(starts.empty, 0), ...memoryOf(null, null) },
  ];
}

function memoryOf(idle: number | null, loaded: number | null): Record<string, string> {
  return { 'memory idle MiB': fixed(idle, 0), 'after load MiB': fixed(loaded, 0) };
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

function eventsPerSecond(load: Load | undefined): string {
  return fixed((load?.perSecond ?? Number.NaN) * eventsOfStream, 0);
}

function fixed(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits);
}
