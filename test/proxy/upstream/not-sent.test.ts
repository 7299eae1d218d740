import { expect, test } from 'vitest';
import type { Breaker, Call, HttpTarget } from '#proxy/call.ts';
import { createMemoryBudget } from '#proxy/body/memory-budget.ts';
import { openUpstream } from '#proxy/upstream/open-upstream.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { callOf, startEngine, targetAt } from './attempts.ts';

const callWith = (extra: object): Call =>
  callOf('openai-chat', JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...extra }));

/** What the circuit breaker of an upstream that does not exist hears of a call. */
async function heardOf(call: Call, extra: Partial<HttpTarget>): Promise<{ code: string; heard: string[] }> {
  const heard: string[] = [];
  const breaker: Breaker = {
    mayTry: () => true,
    record: () => void heard.push('failed'),
    release: () => void heard.push('released'),
  };
  const target = targetAt('http://127.0.0.1:9', { path: '/v1/messages', breaker, ...extra });
  const refusal = await openUpstream(startEngine(), call, { targets: [target] }, [], new AbortController().signal);
  return { code: 'code' in refusal ? refusal.code : 'opened', heard };
}

test('a request that cannot be written for an upstream is no failure of that upstream', async () => {
  const translation = findTranslation('openai-chat', 'anthropic-messages');
  if (!translation) throw new Error('there is no such translation');
  expect(await heardOf(callWith({ n: 3 }), { translation })).toEqual({ code: 'not_translatable', heard: ['released'] });
  const memory = createMemoryBudget(10).open();
  expect(await heardOf({ ...callWith({}), memory }, { model: 'other' })).toEqual({
    code: 'overloaded',
    heard: ['released'],
  });
  expect(await heardOf(callWith({}), {})).toEqual({ code: 'upstream_connection_error', heard: ['failed'] });
});
