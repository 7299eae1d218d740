import type { Logger } from '#shared/ports.ts';
import type { EndResult } from './end-request.ts';

/**
 * The requests that this instance is answering. Their holds are renewed, and their ends are written even if that takes
 * several attempts.
 */
export interface LiveRequests {
  /** Admits a request: from its hold on, it is answered here. What refuses it is thrown. */
  admit<T>(requestId: string, reserve: () => Promise<T>): Promise<T>;
  /** Writes a request's end. When the database fails, `retry` tries again later. */
  close(requestId: string, write: () => Promise<EndResult>): Promise<EndResult>;
  retry(): Promise<void>;
  has(requestId: string): boolean;
  ids(): string[];
  size(): number;
  /** Resolves when no request is left, and none is being admitted. */
  whenEmpty(): Promise<void>;
}

export function createLiveRequests(logger: Logger): LiveRequests {
  const open = new Set<string>();
  const unwritten = new Map<string, () => Promise<EndResult>>();
  let admitting = 0;
  let waiters: (() => void)[] = [];

  const isEmpty = (): boolean => open.size === 0 && admitting === 0;

  function tellWaiters(): void {
    if (!isEmpty()) return;
    for (const resolve of waiters) resolve();
    waiters = [];
  }

  function forget(requestId: string): void {
    open.delete(requestId);
    tellWaiters();
  }

  return {
    async admit(requestId, reserve) {
      admitting += 1;
      try {
        const reserved = await reserve();
        open.add(requestId);
        return reserved;
      } finally {
        admitting -= 1;
        tellWaiters();
      }
    },
    async close(requestId, write) {
      try {
        const result = await write();
        forget(requestId);
        return result;
      } catch (error) {
        logger.error('settlement.failed', { requestId, error: String(error) });
        unwritten.set(requestId, write);
        throw error;
      }
    },
    async retry() {
      for (const [requestId, write] of unwritten) {
        try {
          await write();
          unwritten.delete(requestId);
          forget(requestId);
        } catch (error) {
          logger.error('settlement.failed_again', { requestId, error: String(error) });
        }
      }
    },
    has: (requestId) => open.has(requestId),
    ids: () => [...open],
    size: () => open.size,
    whenEmpty: () => (isEmpty() ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
  };
}
