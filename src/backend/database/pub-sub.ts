import { sql } from 'kysely';
import pg from 'pg';
import type { Closeable } from '../runtime/closer.ts';
import type { EventOrigin, Events } from '../runtime/events.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { type Db, isPostgresUrl } from './open-database.ts';
import { keptAlive } from './open-postgres.ts';
import { channel } from './publish-with-commit.ts';

/**
 * What the instances of one database publish to each other: an account's money moved, a key or the pools changed, and
 * that one of them has started: its former run may have ended before it published what it did last. Keys, and money
 * that no request moves, are published with the commit of the change itself (`publish-with-commit.ts`).
 */
type Topic = 'account' | 'key' | 'pools' | 'start';

/** Sends the events of this instance to the other ones, and emits theirs here. */
export interface PubSub extends Closeable {
  /**
   * Whether nothing was missed since the last `messages.missed`. While it is false, what is known from before may be
   * out of date.
   */
  readonly isComplete: boolean;
  start(): void;
  close(): Promise<void>;
}

interface PubSubDeps {
  place: string;
  db: Db;
  clock: Clock;
  logger: Logger;
  /** This instance, whose own messages are ignored. */
  ownerId: string;
  events: Events;
}

const gatherMs = 20;
const reconnectMs = 1_000;
const resendMs = 1_000;
/** PostgreSQL takes 8,000 bytes a message; a thousand messages are one statement. */
const maxBatch = 1_000;

/** SQLite belongs to one instance, so there is no other to publish to. */
const noOtherInstances: PubSub = { isComplete: true, start: () => undefined, close: async () => undefined };

export function createPubSub(parts: PubSubDeps): PubSub {
  return isPostgresUrl(parts.place) ? createPostgresPubSub(parts) : noOtherInstances;
}

function createPostgresPubSub({ place, db, clock, logger, ownerId, events }: PubSubDeps): PubSub {
  const receive: Record<Topic, (id: string) => void> = {
    account: (accountId) => events.emit('account.changed', { accountId }, 'elsewhere'),
    key: (keyHash) => events.emit('key.changed', { keyHash }, 'elsewhere'),
    pools: () => events.emit('pools.changed', null, 'elsewhere'),
    start: () => events.emit('messages.missed', null, 'elsewhere'),
  };
  const listener = createListener({
    place,
    clock,
    logger,
    onMissedMessages: () => events.emit('messages.missed', null, 'elsewhere'),
    onPayload(payload) {
      const [from = '', topic = '', id = ''] = payload.split(' ');
      if (from !== ownerId && isTopic(topic)) receive[topic](id);
    },
  });
  const sender = createSender({ db, clock, logger, ownerId });

  /** Publishes to the other instances, soon. */
  function publish(origin: EventOrigin, topic: Exclude<Topic, 'key'>, id: string): void {
    if (origin === 'here') sender.add(`${topic} ${id}`);
  }

  events.on('account.changed', ({ accountId }, origin) => publish(origin, 'account', accountId));
  events.on('account.held', ({ accountId }, origin) => publish(origin, 'account', accountId));
  events.on('pools.changed', (_, origin) => publish(origin, 'pools', 'all'));

  return {
    get isComplete() {
      return listener.isListening;
    },
    start() {
      listener.start();
      sender.add('start all');
    },
    async close() {
      await listener.close();
      await sender.close();
    },
  };
}

/** Sends what gathers in a moment together; repeated messages are sent once. */
function createSender({ db, clock, logger, ownerId }: Pick<PubSubDeps, 'db' | 'clock' | 'logger' | 'ownerId'>) {
  const waiting = new Set<string>();
  let isGathering = false;
  let cancelGathering = (): void => undefined;
  let underWay = Promise.resolve();

  /** @returns whether the next messages, at most a batch, were sent; otherwise they wait again */
  async function send(): Promise<boolean> {
    const messages = [...waiting].slice(0, maxBatch);
    for (const message of messages) waiting.delete(message);
    const payloads = messages.map((message) => `${ownerId} ${message}`);
    try {
      // A message that a power cut takes had no one left to reach, so its commit does not wait for the disk.
      await sql`select set_config('synchronous_commit', 'off', true), pg_notify(${channel}, message)
        from unnest(${payloads}::text[]) as message`.execute(db);
      return true;
    } catch (error) {
      logger.warn('pubsub.not_sent', { count: messages.length, error: String(error) });
      // Until they hear of it, the others go on with what they know.
      for (const message of messages) waiting.add(message);
      return false;
    }
  }

  /** One sending at a time: what comes meanwhile goes with the next, after the pause that this one leads to. */
  function gather(afterMs = gatherMs): void {
    if (isGathering) return;
    isGathering = true;
    cancelGathering = clock.after(afterMs, () => {
      underWay = send().then((isSent) => {
        isGathering = false;
        if (waiting.size > 0) gather(isSent ? gatherMs : resendMs);
      });
    });
  }

  return {
    add(message: string): void {
      waiting.add(message);
      gather();
    },
    /** What this instance did last is sent before it is gone. */
    async close(): Promise<void> {
      await underWay;
      cancelGathering();
      isGathering = true;
      while (waiting.size > 0 && (await send()));
    },
  };
}

type ListenerDeps = Pick<PubSubDeps, 'place' | 'clock' | 'logger'> & {
  onMissedMessages(): void;
  onPayload(payload: string): void;
};

/** A connection that only listens, and reconnects whenever it breaks. */
function createListener({ place, clock, logger, onMissedMessages, onPayload }: ListenerDeps) {
  let current: pg.Client | null = null;
  let isListening = false;
  let isStopped = false;
  let cancelReconnect: (() => void) | null = null;

  async function listen(): Promise<void> {
    const client = new pg.Client({
      connectionString: place,
      application_name: 'corvusllm-backend pubsub',
      ...keptAlive,
    });
    current = client;
    client.on('notification', ({ payload }) => onPayload(payload ?? ''));
    client.on('error', (error) => lose(client, error));
    client.on('end', () => lose(client, null));
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      isListening = true;
      onMissedMessages();
    } catch (error) {
      lose(client, error);
    }
  }

  /** Handles the end of a connection once, however it ends. */
  function lose(client: pg.Client, error: unknown): void {
    if (current !== client) return;
    current = null;
    isListening = false;
    onMissedMessages();
    client.end().catch(() => undefined);
    if (isStopped) return;
    logger.warn('pubsub.disconnected', { error: String(error) });
    cancelReconnect = clock.after(reconnectMs, () => void listen());
  }

  return {
    get isListening() {
      return isListening;
    },
    start: () => void listen(),
    async close(): Promise<void> {
      isStopped = true;
      cancelReconnect?.();
      const client = current;
      current = null;
      await client?.end().catch(() => undefined);
    },
  };
}

function isTopic(text: string): text is Topic {
  return text === 'account' || text === 'key' || text === 'pools' || text === 'start';
}
