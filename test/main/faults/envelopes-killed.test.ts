import { expect, onTestFinished, test } from 'vitest';
import { nanoUsd, parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestBackend } from '../../support/start-test-backend.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { connectApp } from './hosted-service.ts';
import { type App, chat, readAccount, startApp } from './run-app.ts';

/** What the mock's answer costs at the prices of gpt-5.5. */
const costOfOne = parseUsd('0.000377') ?? zeroUsd;
const body = { model: 'gpt-5.5', max_tokens: 10 };

async function addEnvelope(app: App, limit: bigint): Promise<void> {
  await app.call('envelopes.create', {
    name: 'All',
    scope: { kind: 'everything' },
    limit: usdText(nanoUsd(limit)),
    period: 'month',
    timeZone: 'UTC',
    allowsUnpriced: false,
  });
}

const spentIn = async (app: App): Promise<bigint> =>
  parseUsd((await app.call('envelopes.list', undefined))[0]?.spent ?? '') ?? -1n;

function askMany(app: App, key: string, text: string, extra: object): Promise<PromiseSettledResult<number>[]> {
  return Promise.allSettled(
    Array.from({ length: 500 }, async () => {
      const reply = await chat(app.gateway, key, text, extra);
      await reply.text();
      return reply.status;
    }),
  );
}

test(
  'kill -9 amid 500 requests with a key of one’s own, at an envelope that covers 100: never above it',
  { timeout: 120_000 },
  async () => {
    const home = await temporaryHome();
    const upstream = await startMockUpstream();
    onTestFinished(() => upstream.close());
    let app = await startApp({ home, parameters: ['--no-sandbox'] });
    const custom = { dialects: ['openai-chat' as const], isLocal: false };
    await app.call('providers.add', { id: 'mine', kind: 'custom', baseUrl: upstream.origin, custom, key: 'sk-mine' });
    const key = await app.newKey();
    const limit = costOfOne * 100n;
    await addEnvelope(app, limit);

    // Half of them are answered, and then the upstream says nothing more.
    const silent = Promise.withResolvers<void>();
    onTestFinished(() => silent.resolve());
    for (let index = 0; index < 500; index += 1)
      upstream.script(index < 40 ? {} : { beforePiece: () => silent.promise });
    const outcomes = askMany(app, key, 'Hello', body);
    while (upstream.received.length < 60) await upstream.nextRequest();
    await app.kill();
    await outcomes;
    const asked = upstream.received.length;

    app = await startApp({ home, parameters: ['--no-sandbox'] });
    const spent = await spentIn(app);
    // What became of the requests that it was killed with is not known here: what they could cost counts.
    expect(spent).toBeGreaterThanOrEqual(costOfOne * BigInt(asked));
    expect(spent).toBeLessThanOrEqual(limit);
    silent.resolve();
    const again = await askMany(app, key, 'Hello', body);
    const statuses = new Set(again.map((result) => (result.status === 'fulfilled' ? result.value : 0)));
    expect(statuses.has(402)).toBe(true);
    expect(costOfOne * BigInt(upstream.received.length)).toBeLessThanOrEqual(limit);
    expect(await spentIn(app)).toBeLessThanOrEqual(limit);
    expect(await app.stop()).toBe(0);
  },
);

test(
  'kill -9 amid 500 prepaid requests, at an envelope that covers 100: the account never takes more than that',
  { timeout: 120_000 },
  async () => {
    await using service = await startTestBackend();
    const home = await temporaryHome();
    let app = await startApp({ home, parameters: ['--no-sandbox'] });
    await connectApp(app, service);
    const key = await app.newKey();
    const taken = async (): Promise<bigint> => {
      const { balance, held } = await readAccount(service.baseUrl, service.customerKey);
      expect(held).toBe('0.00');
      return (parseUsd('25.00') ?? zeroUsd) - (parseUsd(balance) ?? zeroUsd);
    };
    await (await chat(app.gateway, key, 'Hello', { max_tokens: 10 })).text();
    const one = await taken();
    expect(one).toBeGreaterThan(0n);
    const limit = one * 100n;
    await addEnvelope(app, limit);

    const outcomes = askMany(app, key, 'Hello', { max_tokens: 10 });
    // Money moves before an answer ends, so the account knows how far they are.
    await eventually(async () =>
      expect((await readAccount(service.baseUrl, service.customerKey)).ledgerSequence).toBeGreaterThan(30),
    );
    await app.kill();
    await outcomes;

    app = await startApp({ home, parameters: ['--no-sandbox'] });
    const again = await askMany(app, key, 'Hello', { max_tokens: 10 });
    const statuses = again.map((result) => (result.status === 'fulfilled' ? result.value : 0));
    expect(statuses).toContain(402);
    // The first request was before the envelope.
    await eventually(async () => expect((await taken()) - one).toBeLessThanOrEqual(limit));
    expect(await spentIn(app)).toBeLessThanOrEqual(limit);
    expect(await app.stop()).toBe(0);
    expect(await service.backend.verify()).toEqual([]);
  },
);
