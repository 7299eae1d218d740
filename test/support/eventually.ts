import { vi } from 'vitest';

/** Waits until a check passes. Only a check that never will fails: how long it takes says how busy the machine is. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 20_000 });
}
