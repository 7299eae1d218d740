import { expect, onTestFinished, test } from 'vitest';
import { nanoUsd, parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { type App, chat, startApp } from './run-app.ts';

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

const spentIn = async (app: App): Promise<bigint> => parseUsd((await app.call('envelopes.list', undefined))[0]?.spent ?? '') ?? -1n;

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
    for (let index = 0; index < 500; index += 1) upstream.script(index < 40 ? {} : { beforePiece: () => silent.promise });
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
