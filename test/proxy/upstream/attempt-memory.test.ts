import { expect, onTestFinished, test } from 'vitest';
import type { Call, HttpTarget } from '#proxy/call.ts';
import { createMemoryBudget } from '#proxy/body/memory-budget.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import { openUpstream } from '#proxy/upstream/open-upstream.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import { CorvusError } from '#shared/errors.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { testCall } from '../../support/open-test-ledger.ts';
import { chatBody } from '../raw-request.ts';
import { systemClock } from '../start-gateway.ts';

/** A call in a memory that has room for its body and one copy of it, but not for another. */
function narrowCall(text: string, copies: number) {
  const body = Buffer.from(text);
  const budget = createMemoryBudget(2 * (1 + copies) * body.length);
  const memory = budget.open();
  memory.take(body.length);
  const call: Call = { ...testCall(), dialect: 'openai-chat', body, facts: readFacts('openai-chat', body), memory };
  return { call, budget };
}

test('each attempt of a call has the memory of the one before it, however that ended', async () => {
  const upstream = await startMockUpstream();
  const network = directNetwork();
  onTestFinished(async () => {
    await upstream.close();
    await network.close();
  });
  const target: HttpTarget = {
    kind: 'http',
    name: 'mock',
    origin: upstream.origin,
    path: '/v1/chat/completions',
    headers: {},
    mayBePrivate: true,
    injectUsage: false,
  };
  const translation = findTranslation('openai-chat', 'anthropic-messages');
  if (!translation) throw new Error('there is no such translation');
  upstream.script({ status: 503 });
  upstream.script({ fault: { kind: 'reset', afterBytes: 60 } });
  upstream.script({ fault: { kind: 'reset', afterBytes: 60 } });
  const { call, budget } = narrowCall(chatBody({ n: 2 }), 2);
  const renamed = { ...target, model: 'other' };
  const targets = [renamed, { ...target, translation }, renamed, renamed, renamed];
  const engine = {
    send: createSend(network),
    clock: systemClock,
    upstreamAccount: 'caller',
    random: systemRandom,
  } as const;
  const opened = await openUpstream(engine, call, { targets }, [], new AbortController().signal);
  if (opened instanceof CorvusError) throw opened;
  opened.reply.abort();
  expect([opened.index, opened.reply.status]).toEqual([4, 200]);
  expect(budget.takenBytes).toBe(2 * call.body.length);
});
