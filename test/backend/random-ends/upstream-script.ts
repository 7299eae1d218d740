import type { EndCase } from './draw-case.ts';

/** One event of an upstream's answer. */
export interface ScriptedEvent {
  text: string;
  /** It only reports the usage that the service asked for itself: a client that did not ask does not get it. */
  isHidden: boolean;
  /** It says the last usage, of the whole answer. */
  isFinalUsage: boolean;
}

/** What this upstream would answer if nothing went wrong. */
export function eventsOf(end: EndCase): ScriptedEvent[] {
  if (end.dialect === 'chat') return chatEvents(end);
  return end.dialect === 'responses' ? responsesEvents(end) : messagesEvents(end);
}

export function wholeReply(end: EndCase): string {
  const text = end.pieces.join('');
  const usage = claimedUsage(end);
  switch (end.dialect) {
    case 'chat':
      return JSON.stringify({
        id: 'c-1',
        object: 'chat.completion',
        created: 1,
        model: 'gpt-5-nano',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: null, ...chatPart(end, text, true) },
            finish_reason: 'stop',
          },
        ],
        ...(usage ? { usage } : {}),
      });
    case 'responses':
      return JSON.stringify({ ...response('completed', [responsesItem(end, text)]), ...(usage ? { usage } : {}) });
    case 'messages':
      return JSON.stringify({
        ...message,
        content: [messagesBlock(end, text)],
        stop_reason: 'end_turn',
        ...(usage ? { usage } : {}),
      });
    case 'embeddings':
      return JSON.stringify({
        object: 'list',
        data: end.pieces.map((piece, index) => ({
          object: 'embedding',
          index,
          embedding: Array.from(piece, () => 0.125),
        })),
        model: 'text-embedding-3-small',
        ...(usage ? { usage } : {}),
      });
  }
}

export function errorReply({ dialect }: EndCase): object {
  const error = { message: 'The provider has a problem.', type: 'server_error', code: 'server_error' };
  return dialect === 'messages'
    ? { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    : { error };
}

/** How a stream says that it failed. */
export function errorEvent(end: EndCase): string {
  if (end.dialect === 'messages') return named(errorReply(end));
  if (end.dialect === 'chat') return `data: ${JSON.stringify(errorReply(end))}\n\ndata: [DONE]\n\n`;
  const failed = { ...response('failed', []), error: { code: 'server_error', message: 'x' }, usage: null };
  return named({ type: 'response.failed', sequence_number: 9, response: failed });
}

/** A stream that ends without having said anything. */
export function emptyStream(end: EndCase): string {
  return end.dialect === 'chat' ? 'data: [DONE]\n\n' : ': nothing\n\n';
}

const absurdOutput = 999_999;
const absurdInput = 2_000_000;
const absurdSearches = 1_000_000;

/** The usage member as this upstream says it, in its dialect's words; null: it says none. */
function claimedUsage({ dialect, claim, counted, isStream }: EndCase): object | null {
  if (claim === 'none' || (claim === 'partial' && (isStream || dialect !== 'messages'))) return null;
  const { cached, reasoning } = counted;
  const input = claim === 'absurd-input' ? absurdInput : counted.input;
  const output = claim === 'absurd-output' ? absurdOutput : claim === 'malformed' ? -5 : counted.output;
  const searches = claim === 'absurd-searches' ? { server_tool_use: { web_search_requests: absurdSearches } } : {};
  if (dialect === 'messages')
    return { input_tokens: input - cached, cache_read_input_tokens: cached, output_tokens: output, ...searches };
  if (dialect === 'responses') {
    return {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output,
    };
  }
  if (dialect === 'embeddings') return { prompt_tokens: input, total_tokens: input, ...searches };
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
    ...searches,
  };
}

function chatEvents(end: EndCase): ScriptedEvent[] {
  let soFar = 0;
  const chunk = (delta: object, finish: string | null = null): object => ({
    id: 'c-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-5-nano',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const partial = (piece: string): object => {
    soFar += Math.ceil(piece.length / 4);
    return end.claim === 'partial'
      ? {
          usage: {
            prompt_tokens: end.counted.input,
            completion_tokens: soFar,
            total_tokens: end.counted.input + soFar,
          },
        }
      : {};
  };
  const events = [
    shown(`data: ${JSON.stringify(chunk({ role: 'assistant', content: '' }))}\n\n`),
    ...end.pieces.map((piece, index) =>
      shown(`data: ${JSON.stringify({ ...chunk(chatPart(end, piece, index === 0)), ...partial(piece) })}\n\n`),
    ),
    shown(`data: ${JSON.stringify(chunk({}, 'stop'))}\n\n`),
  ];
  const usage = claimedUsage(end);
  if (usage) {
    const text = `data: ${JSON.stringify({ ...chunk({}), choices: [], usage })}\n\n`;
    events.push({ text, isHidden: !end.asksForUsage, isFinalUsage: true });
  }
  return [...events, shown('data: [DONE]\n\n')];
}

function chatPart({ carrier }: EndCase, piece: string, isFirst: boolean): object {
  if (carrier === 'tool') {
    const name = isFirst ? { id: 'call_1', type: 'function' } : {};
    return {
      tool_calls: [{ index: 0, ...name, function: { ...(isFirst ? { name: 'look' } : {}), arguments: piece } }],
    };
  }
  if (carrier === 'reasoning') return { reasoning_content: piece };
  return carrier === 'refusal' ? { refusal: piece } : { content: piece };
}

function responsesEvents(end: EndCase): ScriptedEvent[] {
  const [delta, done, member] = {
    text: ['response.output_text.delta', 'response.output_text.done', 'text'],
    tool: ['response.function_call_arguments.delta', 'response.function_call_arguments.done', 'arguments'],
    reasoning: ['response.reasoning_summary_text.delta', 'response.reasoning_summary_text.done', 'text'],
    refusal: ['response.refusal.delta', 'response.refusal.done', 'refusal'],
  }[end.carrier] as [string, string, string];
  const text = end.pieces.join('');
  const usage = claimedUsage(end);
  const item = { item_id: 'i-1', output_index: 0, content_index: 0 };
  const completed = { ...response('completed', [responsesItem(end, text)]), usage };
  return [
    { type: 'response.created', response: response('in_progress', []) },
    { type: 'response.output_item.added', output_index: 0, item: responsesItem(end, '') },
    ...end.pieces.map((piece) => ({ type: delta, ...item, delta: piece })),
    { type: done, ...item, [member]: text },
    { type: 'response.completed', response: completed },
  ].map((event, number) => ({
    ...shown(named({ ...event, sequence_number: number })),
    isFinalUsage: event.type === 'response.completed' && usage !== null,
  }));
}

function response(status: string, output: readonly object[]): object {
  return { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-5-nano', status, output };
}

function responsesItem({ carrier }: EndCase, text: string): object {
  if (carrier === 'tool') return { type: 'function_call', id: 'i-1', call_id: 'call_1', name: 'look', arguments: text };
  if (carrier === 'reasoning') return { type: 'reasoning', id: 'i-1', summary: [{ type: 'summary_text', text }] };
  const part =
    carrier === 'refusal' ? { type: 'refusal', refusal: text } : { type: 'output_text', text, annotations: [] };
  return { type: 'message', id: 'i-1', role: 'assistant', status: 'completed', content: [part] };
}

const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-haiku-4-5', stop_sequence: null };

function messagesBlock({ carrier }: EndCase, text: string): object {
  if (carrier === 'tool')
    return { type: 'tool_use', id: 'toolu_1', name: 'look', input: text === '' ? {} : { a: text } };
  return carrier === 'reasoning' ? { type: 'thinking', thinking: text, signature: '' } : { type: 'text', text };
}

function messagesEvents(end: EndCase): ScriptedEvent[] {
  const { input, cached } = end.counted;
  const usage = claimedUsage(end);
  const start =
    end.claim === 'none'
      ? {}
      : { usage: { input_tokens: input - cached, cache_read_input_tokens: cached, output_tokens: 1 } };
  const delta = (piece: string): object => {
    if (end.carrier === 'tool') return { type: 'input_json_delta', partial_json: piece };
    return end.carrier === 'reasoning'
      ? { type: 'thinking_delta', thinking: piece }
      : { type: 'text_delta', text: piece };
  };
  return [
    { type: 'message_start', message: { ...message, content: [], stop_reason: null, ...start } },
    { type: 'content_block_start', index: 0, content_block: messagesBlock(end, '') },
    ...end.pieces.map((piece) => ({ type: 'content_block_delta', index: 0, delta: delta(piece) })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, ...(usage ? { usage } : {}) },
    { type: 'message_stop' },
  ].map((event) => ({ ...shown(named(event)), isFinalUsage: event.type === 'message_delta' && usage !== null }));
}

function shown(text: string): ScriptedEvent {
  return { text, isHidden: false, isFinalUsage: false };
}

function named(event: object): string {
  const type = 'type' in event ? String(event.type) : 'message';
  return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
}
