import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ConnectionLimits, ConnectionQueue } from '#backend/database/connection-queue.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';

const never = 60_000;
const usual: ConnectionLimits = { kept: 2, most: 5, openAfterMs: never, waitMs: never };

let database: TestDatabase;
let pool: pg.Pool;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** @param place of the server; absent: the test's own */
function open(limits: Partial<ConnectionLimits>, place: string = database.place): ConnectionQueue {
  const all = { ...usual, ...limits };
  pool = new pg.Pool({
    connectionString: place,
    max: all.most,
    min: all.kept,
  });
  // The pool's end does not wait for its connections to be closed: the database may end them first, as it is dropped.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new ConnectionQueue(pool, all);
}

async function work(queue: ConnectionQueue): Promise<void> {
  const client = await queue.take();
  await client.query('select 1');
  queue.give(client, false);
}

const times = (count: number) => Array.from({ length: count });

test('work that comes together shares the kept connections: no more are opened while they become free', async () => {
  const queue = open({});
  await Promise.all(times(50).map(() => work(queue)));
  // The second may be opened for one that was served by the first meanwhile.
  await expect.poll(() => queue.usage).toEqual({ used: 0, idle: 2, waiting: 0 });
});

/** How many were being opened each time that one was open. */
function watchOpening(): number[] {
  const opening: number[] = [];
  let taken = 0;
  pool.on('acquire', () => (taken += 1));
  pool.on('release', () => (taken -= 1));
  pool.on('connect', () => opening.push(pool.totalCount - pool.idleCount - taken));
  return opening;
}

test('where those that are open stay in use, more are opened, one at a time and no more than may be', async () => {
  const queue = open({ openAfterMs: 0 });
  const opening = watchOpening();
  const taken = await Promise.all(times(5).map(() => queue.take()));
  const sixth = queue.take();
  expect(queue.usage).toEqual({ used: 5, idle: 0, waiting: 1 });
  for (const client of taken) queue.give(client, false);
  queue.give(await sixth, false);
  expect(opening).toEqual([1, 1, 1, 1, 1]);
  expect(queue.usage).toEqual({ used: 0, idle: 5, waiting: 0 });
});

test('where all break at once, they are replaced one at a time', async () => {
  const queue = open({ openAfterMs: 0 });
  const opening = watchOpening();
  const broken = await Promise.all(times(5).map(() => queue.take()));
  const waiting = times(5).map(() => work(queue));
  for (const client of broken) queue.give(client, true);
  await Promise.all(waiting);
  expect(new Set(opening)).toEqual(new Set([1]));
});

test('an idle connection is found while another is on its way', async () => {
  const queue = open({});
  for (const client of await Promise.all(times(2).map(() => queue.take()))) queue.give(client, false);
  const one = queue.take();
  await new Promise((resolve) => process.nextTick(resolve));
  for (const client of await Promise.all([one, queue.take()])) queue.give(client, false);
  expect(queue.usage).toEqual({ used: 0, idle: 2, waiting: 0 });
});

test('where no more can be opened, work waits for those that are open', async () => {
  const queue = open({ kept: 1, openAfterMs: 0 });
  const first = await queue.take();
  // The server takes no more from here on.
  pool.options.connectionString = 'postgres://someone@127.0.0.1:1/nothing';
  const waiting = times(3).map(() => work(queue));
  expect(pool.totalCount).toBe(2);
  await expect.poll(() => pool.totalCount).toBe(1);
  queue.give(first, false);
  await Promise.all(waiting);
  expect(queue.usage).toEqual({ used: 0, idle: 1, waiting: 0 });
});

test('a connection that is given back goes to who waits longest, not to who comes then', async () => {
  const queue = open({ kept: 1 });
  const first = await queue.take();
  const order: string[] = [];
  const take = async (name: string): Promise<void> => {
    const client = await queue.take();
    order.push(name);
    await client.query('select 1');
    queue.give(client, false);
  };
  const waiting = [take('one'), take('two'), take('three')];
  queue.give(first, false);
  await Promise.all(waiting);
  expect(order).toEqual(['one', 'two', 'three']);
});

test('a broken connection is replaced for who waits', async () => {
  const queue = open({ kept: 1 });
  const broken = await queue.take();
  const next = queue.take();
  queue.give(broken, true);
  const client = await next;
  expect(client).not.toBe(broken);
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  queue.give(client, false);
});

test('where no connection can be opened, all who wait are told at once, and later work tries again', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const queue = open({}, `postgres://someone@127.0.0.1:${port}/bench`);
  for (let round = 0; round < 2; round += 1) {
    const ends = await Promise.allSettled(times(20).map(() => queue.take()));
    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(['rejected']));
  }
  expect(queue.usage).toEqual({ used: 0, idle: 0, waiting: 0 });
  server.close();
});

test.each([
  ['all of them are open', 1],
  ['others might be opened', 5],
])('who gets none in time is refused in the words of the pool, where %s', async (_where, most) => {
  const queue = open({ kept: 1, most, waitMs: 30 });
  const client = await pool.connect();
  await expect(queue.take()).rejects.toThrow('timeout exceeded when trying to connect');
  client.release();
  expect(queue.usage).toEqual({ used: 0, idle: 1, waiting: 0 });
});
