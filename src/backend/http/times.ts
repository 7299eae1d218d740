export const dayMs = 86_400_000;

export function isoTime(atMs: bigint): string {
  return new Date(Number(atMs)).toISOString();
}

/** The first moment of the day in UTC. */
export function dayStartMs(nowMs: number): number {
  return Math.floor(nowMs / dayMs) * dayMs;
}
