import { expect, test } from 'vitest';
import { createMemoryBudget } from '#proxy/body/memory-budget.ts';
import { openUpstream } from '#proxy/upstream/open-upstream.ts';
import { CorvusError } from '#shared/errors.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { chatBody } from '../raw-request.ts';
import { callOf, startEngine, startUpstream, targetAt } from './attempts.ts';

/** A call in a memory that has room for its body and one copy of it, but not for another. */
function narrowCall(text: string, copies: number) {
  const body = Buffer.from(text);
  const budget = createMemoryBudget(2 * (1 + copies) * body.length);
  const memory = budget.open();
  memory.take(body.length);
  return { call: { ...callOf('openai-chat', text), memory }, budget };
}

test('each attempt of a call has the memory of the one before it, however that ended', async () => {
  const upstream = await startUpstream();
  const target = targetAt(upstream.origin);
  const translation = findTranslation('openai-chat', 'anthropic-messages');
  if (!translation) throw new Error('there is no such translation');
  upstream.script({ status: 503 });
  upstream.script({ fault: { kind: 'reset', afterBytes: 60 } });
  upstream.script({ fault: { kind: 'reset', afterBytes: 60 } });
  const { call, budget } = narrowCall(chatBody({ n: 2 }), 2);
  const renamed = { ...target, model: 'other' };
  const targets = [renamed, { ...target, translation }, renamed, renamed, renamed];
  const opened = await openUpstream(startEngine(), call, { targets }, [], new AbortController().signal);
  if (opened instanceof CorvusError) throw opened;
  opened.reply.abort();
  expect([opened.index, opened.reply.status]).toEqual([4, 200]);
  expect(budget.takenBytes).toBe(2 * call.body.length);
});
