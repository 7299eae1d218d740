import { expect, onTestFinished, test } from 'vitest';
import type { Breaker, Call, HttpTarget } from '#proxy/call.ts';
import { createMemoryBudget } from '#proxy/body/memory-budget.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import { openUpstream } from '#proxy/upstream/open-upstream.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { testCall } from '../../support/open-test-ledger.ts';
import { systemClock } from '../start-gateway.ts';

const callOf = (extra: object): Call => {
  const body = Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...extra }));
  return { ...testCall(), dialect: 'openai-chat', body, facts: readFacts('openai-chat', body) };
};

/** What the circuit breaker of an upstream that does not exist hears of a call. */
async function heardOf(call: Call, extra: Partial<HttpTarget>): Promise<{ code: string; heard: string[] }> {
  const heard: string[] = [];
  const breaker: Breaker = {
    mayTry: () => true,
    record: () => void heard.push('failed'),
    release: () => void heard.push('released'),
  };
  const network = directNetwork();
  onTestFinished(() => network.close());
  const target: HttpTarget = {
    kind: 'http',
    name: 'none',
    origin: 'http://127.0.0.1:9',
    path: '/v1/messages',
    headers: {},
    mayBePrivate: true,
    injectUsage: false,
    breaker,
    ...extra,
  };
  const engine = {
    send: createSend(network),
    clock: systemClock,
    upstreamAccount: 'caller',
    random: systemRandom,
  } as const;
  const refusal = await openUpstream(engine, call, { targets: [target] }, [], new AbortController().signal);
  return { code: 'code' in refusal ? refusal.code : 'opened', heard };
}

test('a request that cannot be written for an upstream is no failure of that upstream', async () => {
  const translation = findTranslation('openai-chat', 'anthropic-messages');
  if (!translation) throw new Error('there is no such translation');
  expect(await heardOf(callOf({ n: 3 }), { translation })).toEqual({ code: 'not_translatable', heard: ['released'] });
  const memory = createMemoryBudget(10).open();
  expect(await heardOf({ ...callOf({}), memory }, { model: 'other' })).toEqual({
    code: 'overloaded',
    heard: ['released'],
  });
  expect(await heardOf(callOf({}), {})).toEqual({ code: 'upstream_connection_error', heard: ['failed'] });
});
