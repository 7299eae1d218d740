import { dayMs } from '#shared/time.ts';

export function isoTime(atMs: bigint): string {
  return new Date(Number(atMs)).toISOString();
}

/** The first moment of the day in UTC. */
export function dayStartMs(nowMs: number): number {
  return Math.floor(nowMs / dayMs) * dayMs;
}
