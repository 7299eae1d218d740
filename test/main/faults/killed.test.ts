import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RequestSummary } from '#shared/account/request.ts';
import { usdText, parseUsd, nanoUsd, zeroUsd } from '#shared/money.ts';
import { eventually } from '../../support/eventually.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { connectApp, sum } from './hosted-service.ts';
import { startTestBackend } from '../../support/start-test-backend.ts';
import { ledgerFaults, requestsInLedger } from './backend-ledger.ts';
import { type App, chat, expectMirrorAgrees, sandboxKey, startApp } from './run-app.ts';

const calls = 20;
const many = Array.from({ length: calls }, (_, index) => index);
/** The account is asked for what a killed request cost a few seconds after the next start. */

interface Stream {
  /** As soon as the reply has begun. */
  id: Promise<string | null>;
  /** As soon as a word of it came through. */
  speaks: Promise<void>;
  /** Whether the client saw the end; resolves also when the connection broke. */
  hasEnded: Promise<boolean>;
}

function startStream(app: App, key: string, script: string): Stream {
  const reply = chat(app.gateway, key, script, { stream: true });
  const { promise: speaks, resolve: heard } = Promise.withResolvers<void>();
  const text = reply.then(async ({ body }) => {
    let all = '';
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      all += chunk;
      if (/"content":"[^"]/.test(all)) heard();
    }
    return all;
  });
  return {
    id: reply.then(
      (response) => response.headers.get('x-request-id'),
      () => null,
    ),
    speaks,
    hasEnded: text.then(
      (all) => all.includes('data: [DONE]'),
      () => false,
    ),
  };
}

/** What the mirrored ledger took for each request. */
async function chargesByRequest(app: App): Promise<Map<string, bigint>> {
  const { lines } = await app.call('billing.ledger', { cursor: null, limit: 500 });
  const charges = new Map<string, bigint>();
  for (const { requestId, amount, kind } of lines) {
    if (kind !== 'usage' || requestId === null) continue;
    expect(charges.has(requestId), `${requestId} is charged twice`).toBe(false);
    charges.set(requestId, -(parseUsd(amount) ?? zeroUsd));
  }
  return charges;
}

/** Every row is final, there once, and costs exactly what the ledger took for it. */
async function expectEveryCentExplained(app: App): Promise<RequestSummary[]> {
  const rows = await eventually(async () => {
    const now = await app.requests();
    expect(now.filter(({ status, costKind }) => status === 'open' || costKind === 'pending')).toEqual([]);
    return now;
  });
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  const charges = await chargesByRequest(app);
  for (const { id, cost } of rows) expect([id, cost]).toEqual([id, usdText(nanoUsd(charges.get(id) ?? 0n))]);
  expect([...charges.keys()].filter((id) => !rows.some((row) => row.id === id))).toEqual([]);
  return rows;
}

test(
  'kill -9 in the middle of 20 streams, at several moments: none is lost, none counted twice, no hold is left',
  { timeout: 90_000 },
  async () => {
    const home = await temporaryHome();
    let app = await startApp({ home });
    const key = await app.newKey();
    const idsOf = async (streams: Stream[]) =>
      (await Promise.all(streams.map(({ id }) => id))).filter((id) => id !== null);

    // All streams are under way.
    const inTheMiddle = many.map(() => startStream(app, key, '#echo tokens 500\n#echo delay 40'));
    const middleIds = await idsOf(inTheMiddle);
    expect(new Set(middleIds).size).toBe(calls);
    await app.kill();
    app = await startApp({ home });
    const afterMiddle = await app.requests();
    expect(afterMiddle.map(({ id }) => id).toSorted()).toEqual(middleIds.toSorted());
    expect(afterMiddle.every(({ status }) => status === 'interrupted')).toBe(true);

    // The first of them has begun to answer, the others are somewhere before.
    const atTheStart = many.map(() => startStream(app, key, '#echo tokens 500\n#echo delay 40'));
    await Promise.race(atTheStart.map(({ id }) => id));
    await app.kill();
    app = await startApp({ home });

    // And once more at once, while the new process is still taking stock.
    await app.kill();
    app = await startApp({ home });

    // The first has come to its end, the others are about to.
    const atTheEnd = many.map((index) => startStream(app, key, `#echo tokens ${10 + index}\n#echo delay 10`));
    await Promise.race(atTheEnd.map(({ hasEnded }) => hasEnded));
    await app.kill();
    app = await startApp({ home });

    const rows = await expectEveryCentExplained(app);
    const known = new Set<string>(rows.map(({ id }) => id));
    for (const streams of [inTheMiddle, atTheStart, atTheEnd]) {
      for (const stream of streams) {
        const id = await stream.id;
        if (id !== null) expect(known).toContain(id);
        // A client that saw the end has paid, and the row knows the end too.
        if (await stream.hasEnded) {
          const paid = { status: 'completed', costKind: 'settled', cost: expect.not.stringMatching(/^0\.0+$/) };
          expect(rows.find((row) => row.id === id)).toMatchObject(paid);
        }
      }
    }
    expect((await Promise.all(atTheEnd.map(({ hasEnded }) => hasEnded))).some(Boolean)).toBe(true);
    expect(rows.length).toBeLessThanOrEqual(3 * calls);
    await expectMirrorAgrees(app, await sandboxKey(home));
    expect(await app.stop()).toBe(0);
    const ledger = join(home, 'sandbox.db');
    expect(requestsInLedger(ledger).filter((id) => !known.has(id))).toEqual([]);
    expect(await ledgerFaults(ledger)).toEqual([]);
  },
);

test(
  "kill -9 with 20 prepaid calls in one piece and 20 with a key of one's own in flight: all interrupted, nothing billed",
  { timeout: 60_000 },
  async () => {
    const home = await temporaryHome();
    const upstream = await startMockUpstream();
    onTestFinished(() => upstream.close());
    let app = await startApp({ home });
    const key = await app.newKey();
    await app.call('providers.add', {
      id: 'mine',
      kind: 'custom',
      baseUrl: upstream.origin,
      custom: { dialects: ['openai-chat'], isLocal: false },
      key: 'sk-provider-of-mine',
    });
    const { secret: ownKey } = await app.call('keys.create', { label: 'own', route: 'provider:mine' });
    const before = await expectMirrorAgrees(app, await sandboxKey(home));
    for (const _ of many) upstream.script({ fault: { kind: 'stall-before-headers' } });

    const replies = many.flatMap(() => [
      chat(app.gateway, key, '#echo tokens 5\n#echo delay 600000', { max_tokens: 50 }),
      chat(app.gateway, ownKey, 'Are you there?', { model: 'gpt-5.5' }),
    ]);
    const outcomes = Promise.allSettled(replies);
    await eventually(async () => {
      expect((await app.requests()).filter(({ status }) => status === 'open')).toHaveLength(2 * calls);
      expect(upstream.received).toHaveLength(calls);
      expect(requestsInLedger(join(home, 'sandbox.db'))).toHaveLength(calls);
    });
    await app.kill();
    expect((await outcomes).every(({ status }) => status === 'rejected')).toBe(true);

    app = await startApp({ home });
    const rows = await app.requests();
    expect(rows).toHaveLength(2 * calls);
    expect(rows.every(({ status }) => status === 'interrupted')).toBe(true);
    const own = rows.filter(({ lane }) => lane === 'byok');
    expect(own).toHaveLength(calls);
    // What the provider counted is not known here, and unknown is not zero.
    for (const row of own) expect(row).toMatchObject({ cost: null, costKind: 'unknown', usageSource: 'missing' });
    const prepaid = await eventually(async () => {
      const now = (await app.requests()).filter(({ lane }) => lane === 'prepaid');
      expect(now.every(({ costKind }) => costKind === 'settled')).toBe(true);
      return now;
    });
    for (const row of prepaid) expect(row.cost).toBe('0.00');
    expect((await expectMirrorAgrees(app, await sandboxKey(home))).balance).toBe(before.balance);
    expect(upstream.received).toHaveLength(calls);
    expect(await app.stop()).toBe(0);
    expect(await ledgerFaults(join(home, 'sandbox.db'))).toEqual([]);
  },
);

test(
  'kill -9 of the app in the middle of 20 streams of a service that lives on: each row costs what the service took for what it relayed',
  { timeout: 60_000 },
  async () => {
    await using service = await startTestBackend();
    const home = await temporaryHome();
    let app = await startApp({ home });
    await connectApp(app, service);
    const key = await app.newKey();
    const streams = many.map(() => startStream(app, key, '#echo tokens 2000\n#echo delay 40'));
    await Promise.all(streams.map(({ speaks }) => speaks));
    await app.kill();
    app = await startApp({ home });
    const rows = await expectEveryCentExplained(app);
    expect(rows).toHaveLength(calls);
    for (const row of rows) {
      expect(row).toMatchObject({ status: 'interrupted', costKind: 'settled' });
      expect(parseUsd(row.cost ?? '')).toBeGreaterThan(0n);
    }
    const { balance } = await expectMirrorAgrees(app, service.customerKey);
    expect(sum([balance, ...rows.map(({ cost }) => cost)])).toBe('25.00');
    expect(await service.backend.verify()).toEqual([]);
    // What was counted, too, comes with the receipts.
    await eventually(async () => {
      for (const row of await app.requests())
        expect(row).toMatchObject({ usageSource: 'estimated', outputTokens: expect.any(Number) });
    });
  },
);
