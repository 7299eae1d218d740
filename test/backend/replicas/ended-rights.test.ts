import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { activities, endings, lowerRole, startRightful } from '../../support/ending-rights.ts';
import { startReplicas } from '../../support/start-replicas.ts';

const concurrency = { key: 3, account: 50, total: 50 };

describe.each(Object.entries(activities))('%s at another instance', (_activity, start) => {
  test.each(Object.entries(endings))('ends when the key %s (F04, D83)', async (_ending, end) => {
    await using replicas = await startReplicas(2, { concurrency });
    const [, other] = replicas.all;
    const who = await startRightful(replicas.first);
    const underWay = await start(other?.baseUrl ?? '', who);
    await end(who);
    await eventually(async () => expect((await other?.call('/v1/account', { key: who.key }))?.status).toBe(401));
    await underWay.ended();
    await eventually(async () => expect(await replicas.first.backend.verify()).toEqual([]));
  });
});

test('an open stream ends at another instance when the role of its member changes (D83)', async () => {
  await using replicas = await startReplicas(2);
  const who = await startRightful(replicas.first);
  const stream = await activities['an open event stream']?.(replicas.all[1]?.baseUrl ?? '', who);
  await lowerRole(who);
  await stream?.ended();
});

test('an open stream ends at an instance that missed the message of the revocation (D83)', async () => {
  await using replicas = await startReplicas(2);
  const who = await startRightful(replicas.first);
  const stream = await activities['an open event stream']?.(replicas.all[1]?.baseUrl ?? '', who);
  await replicas.first.database.run(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'corvusllm-backend pubsub' and datname = current_database()`,
  );
  await endings['is revoked']?.(who);
  await stream?.ended();
});
