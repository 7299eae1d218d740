import type { Needle } from './credential-needles.ts';

const gramLength = 4;
const fewestSlots = 4_096;
const mostSlots = 262_144;

interface Place {
  needle: Needle;
  offset: number;
}

/** Finds every run of characters that is part of a needle and long enough to count as a leak. */
export interface NeedleFinder {
  /** Of the longest needle. */
  longest: number;
  /** Whether a needle holds this byte. */
  has(byte: number): boolean;
  /** Calls `found` with each such run of `bytes[0..end)`. */
  find(bytes: Uint8Array, end: number, found: (start: number, end: number) => void): void;
  /**
   * Where the longest ending of `bytes[0..end)` begins that could be the beginning of a run; `end` if there is none.
   */
  openEnd(bytes: Uint8Array, end: number): number;
}

/**
 * A run of at least n characters has a group of four at one of any n-3 neighbouring positions. So only every (n-3)rd
 * position is read and looked up in a table. Bytes that are no part of a needle cost a few nanoseconds per n bytes.
 */
export function createNeedleFinder(needles: readonly Needle[]): NeedleFinder {
  const step = Math.min(...needles.map(({ shortestRun }) => shortestRun)) - gramLength + 1;
  const places = placesOf(needles);
  const slots = Math.min(mostSlots, Math.max(fewestSlots, 2 ** Math.ceil(Math.log2(16 * places.size))));
  const mask = slots - 1;
  const isTaken = new Uint8Array(slots);
  for (const gram of places.keys()) isTaken[slotOf(gram, mask)] = 1;

  const alphabet = new Uint8Array(256);
  for (const { bytes } of needles) for (const byte of bytes) alphabet[byte] = 1;

  return {
    longest: Math.max(...needles.map(({ bytes }) => bytes.length)),
    has: (byte) => alphabet[byte] === 1 || alphabet[byte | 0x20] === 1,
    find(bytes, end, found) {
      const last = end - gramLength;
      for (let at = 0; at <= last; at += step) {
        const gram = gramAt(bytes, at);
        if (isTaken[slotOf(gram, mask)] === 0) continue;
        for (const { needle, offset } of places.get(gram) ?? []) {
          const start = runStart(needle, bytes, at, offset);
          const stop = runStop(needle, bytes, at, offset, end);
          if (stop - start >= needle.shortestRun) found(start, stop);
        }
      }
    },
    openEnd(bytes, end) {
      let earliest = end;
      if (end === 0) return earliest;
      for (const needle of needles) {
        for (let offset = 0; offset < needle.bytes.length; offset += 1) {
          if (!isSame(needle, offset, bytes[end - 1])) continue;
          earliest = Math.min(earliest, runStart(needle, bytes, end - 1, offset));
        }
      }
      return earliest;
    },
  };
}

function placesOf(needles: readonly Needle[]): Map<number, Place[]> {
  const places = new Map<number, Place[]>();
  for (const needle of needles) {
    for (let offset = 0; offset + gramLength <= needle.bytes.length; offset += 1) {
      const gram = gramAt(needle.bytes, offset);
      const known = places.get(gram);
      if (known) known.push({ needle, offset });
      else places.set(gram, [{ needle, offset }]);
    }
  }
  return places;
}

/** Four bytes as one number, the same for either case of a letter. */
function gramAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  return (low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24) | 0x20202020) >>> 0;
}

function slotOf(gram: number, mask: number): number {
  return (Math.imul(gram, 0x9e3779b1) >>> 14) & mask;
}

function runStart(needle: Needle, bytes: Uint8Array, at: number, offset: number): number {
  let start = at;
  while (start > 0 && at - start < offset && isSame(needle, offset - (at - start) - 1, bytes[start - 1])) start -= 1;
  return start;
}

function runStop(needle: Needle, bytes: Uint8Array, at: number, offset: number, end: number): number {
  let stop = at;
  while (stop < end && offset + (stop - at) < needle.bytes.length && isSame(needle, offset + (stop - at), bytes[stop]))
    stop += 1;
  return stop;
}

function isSame({ bytes, ignoresCase }: Needle, offset: number, byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return bytes[offset] === (ignoresCase && byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
}
