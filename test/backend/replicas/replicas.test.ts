import pg from 'pg';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createBackend, systemClock } from '#backend/create-backend.ts';
import { openDatabase } from '#backend/database/open-database.ts';
import { accountSchema } from '#shared/account/account.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { parseUsd } from '#shared/money.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { eventually } from '../../support/eventually.ts';
import { chat, startTestBackend, type TestBackend, testOptions } from '../../support/start-test-backend.ts';
import { type Replicas, startReplicas } from '../../support/start-replicas.ts';

const secondsFor = { interval: 20, timeout: 1_000 };
/** The echo model at a price at which the grant pays for few answers. */
const priceCatalogue = parseCatalogue({
  ...catalogue,
  models: catalogue.models.map((model) =>
    model.slug === 'corvus/echo' ? { ...model, prices: { input: '250.00', output: '1000.00' } } : model,
  ),
});

async function balanceOf({ call }: Pick<Replicas, 'call'>): Promise<bigint> {
  const account = accountSchema.parse(await (await call('/v1/account')).json());
  return parseUsd(account.balance) ?? -1n;
}

test('a revoked key is refused on every replica within a second, also where it was in use (D83)', async () => {
  await using replicas = await startReplicas();
  const reply = await replicas.first.call('/v1/account/keys', { body: { label: 'second' } });
  const { id, key } = (await reply.json()) as { id: string; key: string };
  for (const replica of replicas.all) expect((await replica.call('/v1/account', { key })).status).toBe(200);
  await replicas.first.call(`/v1/account/keys/${id}`, { method: 'DELETE' });
  for (const replica of replicas.all)
    await expect.poll(async () => (await replica.call('/v1/account', { key })).status, secondsFor).toBe(401);
});

test('a replica that misses messages asks the database for every key (D83)', async () => {
  await using replicas = await startReplicas(2);
  const [first, second] = replicas.all;
  const { id, key } = (await (await replicas.first.call('/v1/account/keys', { body: { label: 'x' } })).json()) as {
    id: string;
    key: string;
  };
  expect((await second?.call('/v1/account', { key }))?.status).toBe(200);
  await replicas.first.database.run(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'corvusllm-backend pubsub' and datname = current_database()`,
  );
  await first?.call(`/v1/account/keys/${id}`, { method: 'DELETE' });
  await expect.poll(async () => (await second?.call('/v1/account', { key }))?.status, secondsFor).toBe(401);
});

test(
  '300 requests racing over three replicas for a balance that covers 100: 100 are served, none is overspent (D49)',
  { timeout: 120_000 },
  async () => {
    await using replicas = await startReplicas(3, { priceCatalogue });
    const body = chat('#echo tokens 200', { max_tokens: 200 });
    const before = await balanceOf(replicas);
    await (await replicas.call('/v1/chat/completions', { body })).text();
    const cost = before - (await balanceOf(replicas));
    await leaveMoneyFor(replicas, 100n * cost);
    const statuses = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const reply = await replicas.call('/v1/chat/completions', { body });
        await reply.text();
        return reply.status;
      }),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(statuses.filter((status) => status === 429)).toHaveLength(200);
    expect(await balanceOf(replicas)).toBeGreaterThanOrEqual(0n);
    expect(await replicas.first.backend.verify()).toEqual([]);
  },
);

/** Spends until this much is left, and less than the smallest request besides. */
async function leaveMoneyFor(replicas: Replicas, wanted: bigint): Promise<void> {
  const outputRate = 1_000_000n;
  for (;;) {
    const excess = (await balanceOf(replicas)) - wanted - 12n * outputRate;
    const tokens = Math.min(8_000, Number(excess / outputRate) - 4);
    if (tokens < 1) return;
    await (await replicas.call('/v1/chat/completions', { body: chat(`#echo tokens ${tokens}`) })).text();
  }
}

test('a request that waits for held money continues when another replica returns it', async () => {
  await using replicas = await startReplicas(2, { priceCatalogue });
  const [first, second] = replicas.all;
  const stalled = await first?.call('/v1/chat/completions', {
    body: chat('#echo stall', { stream: true, max_tokens: 24_000 }),
  });
  const reader = stalled?.body?.getReader();
  await reader?.read();
  const account = accountSchema.parse(await (await replicas.call('/v1/account')).json());
  const tokens = Number((parseUsd(account.spendable) ?? 0n) / 1_000_000n) + 100;
  const waiting = second?.call('/v1/chat/completions', { body: chat(`#echo tokens 5`, { max_tokens: tokens }) });
  await reader?.cancel();
  expect((await waiting)?.status).toBe(200);
  expect(await replicas.first.backend.verify()).toEqual([]);
});

test('an event stream at one replica shows the top-up that is paid at another', async () => {
  await using replicas = await startReplicas(2);
  const [first, second] = replicas.all;
  const events = await second?.call('/v1/account/events');
  const reader = events?.body?.pipeThrough(new TextDecoderStream()).getReader();
  await reader?.read();
  const order = (await (await replicas.first.call('/v1/account/topups', { body: { amount: '5.00' } })).json()) as {
    id: string;
  };
  await fetch(`${first?.baseUrl}/checkout/${order.id}/pay`, { method: 'POST', redirect: 'manual' });
  let text = '';
  while (!text.includes('event: ledger')) text += (await reader?.read())?.value ?? '';
  expect(text).toContain(order.id);
  await reader?.cancel();
});

test('an instance whose clock is ten minutes off releases no hold early, and uses the database’s days and months (D68)', async () => {
  await using service = await startTestBackend({ instance: 'right' });
  const stalled = await service.call('/v1/chat/completions', { body: chat('#echo stall', { stream: true }) });
  const reader = stalled.body?.getReader();
  await reader?.read();
  for (const offsetMs of [600_000, -600_000]) {
    const sweeps: (() => void)[] = [];
    const every = (_ms: number, task: () => void) => {
      sweeps.push(task);
      return () => undefined;
    };
    const clock = { ...systemClock, nowMs: () => Date.now() + offsetMs, every };
    const wrong = await createBackend({ ...testOptions(service.database), instance: `wrong ${offsetMs}`, clock });
    const { baseUrl } = await wrong.start();
    for (const sweep of sweeps) sweep();
    const reply = await service.callAt(baseUrl, '/v1/chat/completions', { body: chat('Hi') });
    await reply.text();
    expect(await service.database.run("select count(*) as open from holds where status = 'open'")).toEqual([
      { open: '1' },
    ]);
    const account = z
      .object({ asOf: z.iso.datetime() })
      .parse(await (await service.callAt(baseUrl, '/v1/account')).json());
    expect(Math.abs(Date.parse(account.asOf) - Date.now())).toBeLessThan(120_000);
    await wrong.stop(0);
  }
  await reader?.cancel();
  await eventually(async () => expect(await service.backend.verify()).toEqual([]));
});

test(
  'connections that break at any moment, also around a commit: every request is charged once or not at all (D87)',
  { timeout: 60_000 },
  async () => {
    await using replicas = await startReplicas(3);
    await using breaker = await connectionBreaker(replicas.first);
    let [replies, served] = [0, 0];
    while (breaker.broken() < 20 || served < 20) {
      const round = Array.from({ length: 25 }, async () => {
        const reply = await replicas.call('/v1/chat/completions', { body: chat('#echo tokens 50') }).catch(() => null);
        await reply?.text().catch(() => '');
        if (reply?.status === 200) served += 1;
        replies += 1;
        // One break for every so many replies: a break for each would leave no connection to answer with.
        if (replies % 8 === 0) await breaker.breakOne();
      });
      await Promise.all(round);
    }
    // Settlements that failed are written when the instances stop.
    for (const replica of replicas.all) await replica.stop();
    const db = await openDatabase(replicas.first.database.place);
    const { charges, requests } = await db
      .selectFrom('requests')
      .select(({ fn }) => [fn.countAll<bigint>().as('requests'), fn.sum<bigint>('cost').as('charges')])
      .where('status', '=', 'settled')
      .executeTakeFirstOrThrow();
    const moved = await db
      .selectFrom('ledger_transfers')
      .select(({ fn }) => fn.sum<bigint>('amount').as('total'))
      .where('kind', '=', 'charge')
      .executeTakeFirstOrThrow();
    expect(moved.total).toBe(charges);
    expect(Number(requests)).toBeGreaterThanOrEqual(served);
    const { verifyLedger } = await import('#backend/verify/verify-ledger.ts');
    // A hold whose reservation was committed while its answer got lost has no owner, and expires.
    const faults = await verifyLedger(db, () => true);
    await db.destroy();
    expect(faults).toEqual([]);
  },
);

/** Ends random connections of the working instances. */
async function connectionBreaker({ database }: TestBackend) {
  const client = new pg.Client(database.place);
  await client.connect();
  let broken = 0;
  return {
    breakOne: async () => {
      const { rowCount } = await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'corvusllm-backend' and datname = current_database() and state <> 'idle' order by random() limit 1`,
      );
      broken += rowCount ?? 0;
    },
    broken: () => broken,
    [Symbol.asyncDispose]: () => client.end(),
  };
}

test('three instances that start at once on an empty database all start; an older program refuses a newer schema', async () => {
  await using replicas = await startReplicas(1);
  const { database } = replicas.first;
  await database.run('drop schema public cascade; create schema public');
  const backends = await Promise.all(
    [1, 2, 3].map((number) => createBackend({ ...testOptions(database), instance: `r${number}` })),
  );
  for (const backend of backends) await backend.start();
  expect(await backends[0]?.verify()).toEqual([]);
  for (const backend of backends) await backend.stop(0);
  await database.run('update schema_version set version = version + 1');
  await expect(openDatabase(database.place)).rejects.toThrow(/schema \d+; this program knows schemas up to \d+/);
});
