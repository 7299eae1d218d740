import type { Clock } from '#shared/ports.ts';

/** The work's result, or a rejection once it has taken too long. The work itself is not stopped. */
export async function inTime<T>(work: Promise<T>, limitMs: number, clock: Clock): Promise<T> {
  const { promise: isLate, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(limitMs, () => reject(new Error(`took more than ${limitMs} ms`)));
  try {
    return await Promise.race([work, isLate]);
  } finally {
    cancel();
  }
}

/** Resolves when the work is done, or once it has taken too long. The work itself is not stopped. */
export async function withinTime(work: Promise<void>, limitMs: number, clock: Pick<Clock, 'after'>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(limitMs, resolve);
  await Promise.race([work, promise]);
  cancel();
}
