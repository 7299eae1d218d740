import { createParser } from 'eventsource-parser';
import type { PluginTransformQueryArgs, PluginTransformResultArgs } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { createAuthenticator } from '#backend/auth/authenticator.ts';
import { createEventStreams } from '#backend/balance/event-streams.ts';
import type { KnownCaller } from '#backend/auth/roles.ts';
import { systemClock } from '#backend/create-backend.ts';
import { openDatabase } from '#backend/database/open-database.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { type AccountEvent, accountEventSchema } from '#shared/account/events.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestClock } from '../../support/test-clock.ts';
import { chat, quietLogger, startTestBackend } from '../../support/start-test-backend.ts';

const path = '/v1/account/events';

test(
  'of a thousand event streams that one key asks for at once, as many as it may have are opened; others are served (F09)',
  { timeout: 60_000 },
  async () => {
    await using service = await startTestBackend({ streamLimits: { key: 8, account: 12 } });
    const other = await service.backend.createAccount('other');
    const gone = new AbortController();
    const open = async (key: string) =>
      fetch(service.baseUrl + path, { headers: { authorization: `Bearer ${key}` }, signal: gone.signal });
    const replies = await Promise.all(Array.from({ length: 1_000 }, () => open(service.customerKey)));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(8);
    const refused = replies.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(992);
    expect(refused[0]?.headers.get('retry-after')).toBe('15');
    expect(await refused[0]?.json()).toMatchObject({
      error: { code: 'rate_limit_exceeded', reason: 'event_streams', limit: 8, open: 8 },
    });
    // Another key has room until the account has none; another account is not affected.
    const { key } = (await (await service.call('/v1/account/keys', { body: { label: 'second' } })).json()) as {
      key: string;
    };
    const second = await Promise.all(Array.from({ length: 8 }, () => open(key)));
    expect(second.filter(({ status }) => status === 200)).toHaveLength(4);
    expect((await open(other.customerKey)).status).toBe(200);
    expect((await service.call('/v1/chat/completions', { body: chat('Hi'), key: other.customerKey })).status).toBe(200);
    // Streams that have ended make room.
    gone.abort();
    await eventually(async () => {
      const reply = await service.call(path);
      await reply.body?.cancel();
      expect(reply.status).toBe(200);
    });
  },
);

/** Streams over a real database whose statements are counted. */
async function countedStreams({ clock = createTestClock(), isComplete = true } = {}) {
  const service = await startTestBackend();
  const db = await openDatabase(service.database.place);
  onTestFinished(async () => {
    await db.destroy();
    await service[Symbol.asyncDispose]();
  });
  let statements = 0;
  const counted = db.withPlugin({
    transformQuery({ node }: PluginTransformQueryArgs) {
      statements += 1;
      return node;
    },
    transformResult: async ({ result }: PluginTransformResultArgs) => result,
  });
  const events = createEvents();
  const authenticator = createAuthenticator({ db, nowMs: Date.now, events, pubSub: { isComplete } });
  const streams = createEventStreams({
    db: counted,
    clock: { ...systemClock, nowMs: clock.nowMs, after: clock.after, every: clock.every },
    logger: quietLogger,
    events,
    authenticator,
    streamLimits: { key: 1_000, account: 1_000 },
    isPlayMoney: true,
    payments: { isConnected: false },
    topupUrl: () => 'http://localhost/topup',
    publicBaseUrl: () => 'http://localhost',
  });
  const caller: KnownCaller = await authenticator.authenticate(service.customerKey);
  return {
    service,
    clock,
    events,
    streams,
    caller,
    async countStatements(work: () => Promise<void>): Promise<number> {
      const before = statements;
      await work();
      return statements - before;
    },
  };
}

/** Reads a stream as it comes. */
function follow(body: ReadableStream<Uint8Array>) {
  const followed: { events: AccountEvent[]; ids: string[]; comments: string[]; isOver: boolean } = {
    events: [],
    ids: [],
    comments: [],
    isOver: false,
  };
  const parser = createParser({
    onEvent({ id, data }) {
      followed.events.push(accountEventSchema.parse(JSON.parse(data)));
      if (id !== undefined) followed.ids.push(id);
    },
    onComment: (comment) => followed.comments.push(comment),
  });
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }));
    followed.isOver = true;
  };
  void read();
  return followed;
}

test(
  'all streams of an account share one reading, and movements that come together are read together (F09)',
  { timeout: 60_000 },
  async () => {
    const { service, clock, events, streams, caller, countStatements } = await countedStreams();
    const cooldownMs = 100;
    const followers = [follow(streams.open(caller, null))];
    const isShown = (balance: string) => () =>
      followers.every(({ events }) =>
        events.some((event) => event.type === 'account' && event.account.balance === balance),
      );
    const move = async () => {
      await (await service.call('/v1/chat/completions', { body: chat('#echo tokens 3') })).text();
      const { balance } = (await (await service.call('/v1/account')).json()) as { balance: string };
      return balance;
    };
    await eventually(() => expect(isShown('25.00')()).toBe(true));
    const readOnce = async () => {
      const balance = await move();
      clock.advance(cooldownMs);
      events.emit('account.changed', { accountId: caller.accountId });
      await eventually(() => expect(isShown(balance)()).toBe(true));
    };
    const forOne = await countStatements(readOnce);
    expect(forOne).toBeGreaterThan(0);
    // A hundred clients that connect at once share one reading, or two.
    const toOpen = await countStatements(async () => {
      clock.advance(cooldownMs);
      followers.push(...Array.from({ length: 99 }, () => follow(streams.open(caller, null))));
      await eventually(() => {
        clock.advance(cooldownMs);
        expect(followers.every(({ events }) => events.length > 0)).toBe(true);
      });
    });
    expect(toOpen).toBeLessThanOrEqual(3 * forOne);
    // A movement costs one or two readings, for a hundred streams as for one.
    expect(await countStatements(readOnce)).toBeLessThanOrEqual(2 * forOne);
    // Five hundred movements within one pause cost one or two readings.
    const forMany = await countStatements(async () => {
      const balance = await move();
      clock.advance(cooldownMs);
      for (let movement = 0; movement < 500; movement += 1)
        events.emit('account.changed', { accountId: caller.accountId });
      await eventually(() => expect(isShown(balance)()).toBe(true));
      clock.advance(cooldownMs);
    });
    expect(forMany).toBeLessThanOrEqual(2 * forOne);
    streams.close();
    await eventually(() => expect(followers.every(({ isOver }) => isOver)).toBe(true));
    expect(clock.pending()).toBe(0);
  },
);

test(
  'a stream that is not read keeps a bounded part in memory, and gets every line once when it is read after all (F09)',
  { timeout: 60_000 },
  async () => {
    const { service, clock, events, streams, caller } = await countedStreams();
    const body = streams.open(caller, 0n);
    const quick = follow(streams.open(caller, 0n));
    const count = 300;
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        Array.from({ length: count / 10 }, async () =>
          (await service.call('/v1/chat/completions', { body: chat('#echo tokens 3') })).text(),
        ),
      );
      clock.advance(100);
      events.emit('account.changed', { accountId: caller.accountId });
    }
    await eventually(() => {
      clock.advance(100);
      expect(quick.ids).toHaveLength(count + 1);
    });
    const slow = follow(body);
    await eventually(() => expect(slow.ids).toHaveLength(count + 1));
    expect(slow.ids).toEqual(Array.from({ length: count + 1 }, (_, index) => String(index + 1)));
    // The client sees the present balance, not each step on the way.
    const accounts = slow.events.filter(({ type }) => type === 'account');
    expect(accounts.length).toBeLessThan(quick.events.filter(({ type }) => type === 'account').length + 2);
    streams.close();
  },
);

test.each([
  ['', true],
  [', also where this instance does not hear the others', false],
])('one timer sends the keep-alives of all streams%s', async (_, isComplete) => {
  const { clock, streams, caller } = await countedStreams({ isComplete });
  const idle = clock.pending();
  const followers = Array.from({ length: 20 }, () => follow(streams.open(caller, null)));
  expect(clock.pending()).toBe(idle + 1);
  await eventually(() => {
    clock.advance(100);
    expect(followers.every(({ events }) => events.length > 0)).toBe(true);
  });
  clock.advance(15_000);
  await eventually(() =>
    expect(followers.map(({ comments }) => comments.length)).toEqual(Array.from({ length: 20 }, () => 1)),
  );
  streams.close();
});
