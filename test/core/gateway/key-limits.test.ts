import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createKeyLimits } from '#core/keys/key-limits.ts';
import type { LocalKeyCaller } from '#core/keys/local-key-ring.ts';
import type { Call } from '#proxy/call.ts';
import { type LocalKeyLimits, noLimits } from '#shared/domain/local-key.ts';
import { localKeyIdSchema } from '#shared/ids.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { requestId } from '../../support/store-fixture.ts';
import { startCore } from './start-core.ts';

const hello = { model: 'corvus/echo', messages: [{ role: 'user', content: 'Hello' } as const] };

async function limitedKey(limits: Partial<LocalKeyLimits>) {
  const core = await startCore();
  const { secret } = await core.handlers['keys.create']({
    label: 'tool',
    route: 'auto',
    limits: { ...noLimits, ...limits },
  });
  const { client } = core.openai(secret);
  return {
    core,
    ask: (model = 'corvus/echo') => client.chat.completions.create({ ...hello, model }, { maxRetries: 0 }),
  };
}

test('requests per minute: one request too many is refused with the time to wait', async () => {
  const { core, ask } = await limitedKey({ requestsPerMinute: 2 });
  await ask();
  await ask();
  const refusal = await ask().catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  const { headers } = refusal as { headers: Headers };
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(50);
  expect(await core.row(headers.get('x-request-id'))).toMatchObject({
    status: 'refused',
    errorCode: 'rate_limit_exceeded',
    lane: null,
  });
});

test('concurrent calls: a running one keeps the next one out until it has ended', async () => {
  const { core, ask } = await limitedKey({ concurrency: 1 });
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  await core.addProvider('slow', 'openai', upstream.origin, 'sk-slow');
  await core.handlers['providers.test']({
    id: (await core.handlers['providers.list'](undefined))[0]?.id ?? ('' as never),
  });
  const gate = Promise.withResolvers<void>();
  upstream.script({ beforePiece: () => gate.promise });
  const arrived = upstream.nextRequest();
  const running = ask('unlisted-model');
  await arrived;
  await expect(ask()).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  gate.resolve();
  await running;
  await expect(ask()).resolves.toBeTruthy();
});

test('models: only listed ones are allowed', async () => {
  const { ask } = await limitedKey({ models: ['corvus/*'] });
  await expect(ask()).resolves.toBeTruthy();
  await expect(ask('gpt-5')).rejects.toMatchObject({ status: 403, code: 'model_not_allowed' });
});

test('an expired key is refused, and accepted again once its limits are removed', async () => {
  const { core, ask } = await limitedKey({ expiresAtMs: Date.now() - 1 });
  await expect(ask()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  const [key] = await core.handlers['keys.list'](undefined);
  if (key) await core.handlers['keys.set-limits']({ id: key.id, limits: noLimits });
  await expect(ask()).resolves.toBeTruthy();
});

test('calls at random times: never more per minute than allowed, and never a refusal while there is room', () => {
  const step = fc.record({ waitMs: fc.integer({ min: 0, max: 30_000 }), tokens: fc.integer({ min: 1, max: 50 }) });
  const limit = fc.record({ requests: fc.integer({ min: 1, max: 5 }), tokens: fc.integer({ min: 10, max: 100 }) });
  fc.assert(
    fc.property(limit, fc.array(step, { maxLength: 60 }), (limited, steps) => {
      let nowMs = 1_000_000;
      const limits = createKeyLimits(() => nowMs);
      const caller = callerWith({ requestsPerMinute: limited.requests, tokensPerMinute: limited.tokens });
      const passed: { atMs: number; tokens: number }[] = [];
      for (const { waitMs, tokens } of steps) {
        nowMs += waitMs;
        const lately = passed.filter(({ atMs }) => atMs > nowMs - 60_000);
        const spent = lately.reduce((sum, call) => sum + call.tokens, 0);
        const hasRoom = lately.length < limited.requests && (spent === 0 || spent + tokens <= limited.tokens);
        let isIn = true;
        try {
          limits.enter(callOf(tokens), caller).leave({ usage: makeUsage({ freshInput: tokens }) });
          passed.push({ atMs: nowMs, tokens });
        } catch {
          isIn = false;
        }
        expect(isIn).toBe(hasRoom);
      }
    }),
  );
});

test('a clock that was an hour ahead and is set right does not keep a key waiting for that hour', () => {
  let nowMs = 10 * 3_600_000;
  const limits = createKeyLimits(() => nowMs);
  const caller = callerWith({ requestsPerMinute: 2 });
  const ask = () => limits.enter(callOf(1), caller).leave(null);
  ask();
  ask();
  nowMs -= 3_600_000;
  ask();
  ask();
  expect(ask).toThrow('2 requests per minute. Try again in 60 s.');
  nowMs += 60_000;
  ask();
});

function callerWith(limits: Partial<LocalKeyCaller['limits']>): LocalKeyCaller {
  return {
    id: localKeyIdSchema.parse('lk_1'),
    label: 'tool',
    route: 'auto',
    steadiesAttribution: false,
    limits: { ...noLimits, ...limits },
  };
}

function callOf(inputTokenEstimate: number): Call {
  const facts = {
    model: 'm',
    isStream: false,
    asksForUsage: false,
    maxOutputTokens: null,
    choices: 1,
    hasTools: false,
    inputTokenEstimate,
  };
  const address = { method: 'POST', endpoint: '/v1/chat/completions', query: '', dialect: 'openai-chat' } as const;
  return { requestId: requestId(), receivedAtMs: 0, ...address, headers: {}, body: Buffer.from('{}'), facts };
}
