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

test.each([
  ['messages.1.content.0: Invalid `signature` in `thinking` block', 400, 1],
  ['Expected `thinking` or `redacted_thinking`, but found `tool_use`.', 400, 1],
  ['The encrypted content gAAA... could not be verified.', 400, 1],
  ['Thought signature is not valid.', 400, 1],
  ['The reasoning_content in the thinking mode must be passed back to the API.', 400, 1],
  ['property "reasoning" is unsupported', 400, 1],
  ["Item 'rs_07' of type 'reasoning' was provided without its required following item.", 400, 1],
  ['Unsupported value of reasoning_effort', 400, 0],
  ['prompt is too long: 210000 tokens > 200000 maximum', 400, 0],
  ['max_tokens must be greater than thinking.budget_tokens', 400, 0],
  ['The conversation repeats the same tool call with the same result.', 400, 0],
  ['Invalid signature', 404, 0],
])(
  'the hosted service, which takes an id only once, is asked once; "%s" (%i) makes it forget %i states',
  async (message, status, count) => {
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
    const refusal = { type: 'error', error: { type: 'invalid_request_error', message } };
    const headers = { 'content-type': 'application/json' };
    upstream.script({ status, headers, body: JSON.stringify(refusal) });
    upstream.script({ status: 422, headers, body: '{"error":{"code":"idempotency_key_reused"}}' });
    const call = callOf('openai-chat', chatBody({ max_tokens: 64, messages: conversation }));
    const opened = await openUpstream(startEngine(), call, { targets: [target] }, [], new AbortController().signal);
    if (opened instanceof CorvusError) throw opened;
    opened.reply.abort();
    expect([opened.reply.status, upstream.received.length, forgotten.length]).toEqual([status, 1, count]);
  },
);
