import { expect, test } from 'vitest';
import { openUpstream } from '#proxy/upstream/open-upstream.ts';
import { CorvusError } from '#shared/errors.ts';
import type { TurnStates } from '#shared/translate/model-state.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { chatBody } from '../raw-request.ts';
import { callOf, startEngine, startUpstream, targetAt } from './attempts.ts';

const conversation = [
  { role: 'user', content: 'Read a.txt' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'read', arguments: '{"p":"a.txt"}' } }],
  },
  { role: 'tool', tool_call_id: 'call_1', content: 'text of a' },
];

test('the hosted service, which takes an id only once, is not sent a request again without the states that it refused', async () => {
  const upstream = await startUpstream();
  const forgotten: string[] = [];
  const blocks = [{ type: 'thinking', thinking: 'Hm.', signature: 'sealed' }];
  const turnStates: TurnStates = {
    find: async (keys) => new Map(keys.map((key) => [key, { dialect: 'anthropic-messages', blocks }])),
    keep: () => undefined,
    forget: (keys) => void forgotten.push(...keys),
  };
  const translation = findTranslation('openai-chat', 'anthropic-messages');
  if (!translation) throw new Error('there is no such translation');
  const target = targetAt(upstream.origin, {
    path: '/anthropic/v1/messages',
    isService: true,
    translation,
    turnStates,
  });
  const refusal = { type: 'error', error: { type: 'invalid_request_error', message: 'The signature is not valid.' } };
  const headers = { 'content-type': 'application/json' };
  upstream.script({ status: 400, headers, body: JSON.stringify(refusal) });
  upstream.script({ status: 422, headers, body: '{"error":{"code":"idempotency_key_reused"}}' });
  const call = callOf('openai-chat', chatBody({ max_tokens: 64, messages: conversation }));
  const opened = await openUpstream(startEngine(), call, { targets: [target] }, [], new AbortController().signal);
  if (opened instanceof CorvusError) throw opened;
  opened.reply.abort();
  expect([opened.reply.status, upstream.received.length, forgotten.length]).toEqual([400, 1, 1]);
});
