import type { IncomingMessage, ServerResponse } from 'node:http';
import { createCallHandler } from '#proxy/handle-call.ts';
import type { Guard } from '#proxy/request/guard.ts';
import type { Endpoint } from '#proxy/request/endpoints.ts';
import type { Engine } from '#proxy/upstream/engine.ts';
import type { Send } from '#proxy/upstream/send.ts';
import type { Random } from '#shared/ports.ts';
import type { DatabaseClock } from '../database/database-clock.ts';
import type { Db } from '../database/open-database.ts';
import type { HoldRow } from '../database/schema.ts';
import type { Closeable } from '../runtime/closer.ts';
import type { Events } from '../runtime/events.ts';
import { withinTime } from '../runtime/in-time.ts';
import { createAccountQueue } from './account-queue.ts';
import { type Concurrency, createCallSlots } from './call-slots.ts';
import { createLiveRequests, type LiveRequests } from './live-requests.ts';
import { observeCalls } from './observe-calls.ts';
import { createPrepaidCallService, type PrepaidDeps } from './prepaid-call-service.ts';
import { releaseOrphanedHolds } from './release-orphaned-holds.ts';
import { startSweeping } from './sweep.ts';

/** What a call works with, beside what is made here. */
export interface InferenceDeps extends Omit<PrepaidDeps, 'engine' | 'accountQueue' | 'slots' | 'live'> {
  db: Db;
  clock: DatabaseClock;
  events: Events;
  send: Send;
  guard: Guard;
  concurrency: Concurrency;
  random: Random;
  /** This instance's name among those on one database. */
  instance: string;
}

export interface Inference extends Closeable {
  live: LiveRequests;
  handle(request: IncomingMessage, response: ServerResponse, endpoint: Endpoint): void;
  /** Whether some instance is answering the request of an open hold. */
  isAnswered(hold: HoldRow): boolean;
  /** Gives back the holds of former runs; then keeps those of live requests, until what it returns is closed. */
  start(): Promise<Closeable>;
  /** Waits for the last settlements, and writes those that failed once more. */
  close(): Promise<void>;
}

const lastSettlementsMs = 2_000;

/** Calls of models: from the customer's key to the settlement. */
export function createInference(deps: InferenceDeps): Inference {
  const { db, clock, events, logger, ownerId, instance, newRequestId } = deps;
  const live = createLiveRequests(logger);
  const engine: Engine = { send: deps.send, clock, upstreamAccount: 'platform', random: deps.random };
  const accountQueue = createAccountQueue({ db, clock, events });
  const slots = createCallSlots(deps.concurrency, clock);
  const calls = createCallHandler({
    service: observeCalls(createPrepaidCallService({ ...deps, engine, accountQueue, slots, live }), deps),
    guard: deps.guard,
    ...engine,
    newRequestId,
    trustsRequestId: true,
    onFailure: (requestId, cause) => logger.error('call.failed', { requestId, error: String(cause) }),
  });
  return {
    live,
    handle: (request, response, endpoint) => void calls.handle(request, response, endpoint),
    // Another instance keeps its own holds alive as long as it answers.
    isAnswered: ({ request_id, owner_id, expires_at_ms }) =>
      owner_id === ownerId ? live.has(request_id) : expires_at_ms > BigInt(clock.nowMs()),
    async start() {
      await releaseOrphanedHolds(db, { ownerId, instance }, clock.nowMs(), deps);
      return startSweeping({ db, clock, events, logger, live });
    },
    async close() {
      await withinTime(live.whenEmpty(), lastSettlementsMs, clock);
      await live.retry();
    },
  };
}
