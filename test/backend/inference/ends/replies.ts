/** What each dialect is asked and how it is answered, with amounts that the table's rules are worked out from by hand. */
export const reported = { input: 1_000, output: 50 };
/** Forty pieces of nine bytes: 360 bytes, of which four are a token. */
export const pieceText = 'Nine byte';
export const pieceCount = 40;
export const deliveredTokens = 90;
/** More than is held back of a reply in one piece. */
export const largeTextBytes = 320_000;

export type Told = 'nothing' | 'input' | 'all' | 'unreadable';

export interface DialectReplies {
  path: string;
  model: string;
  /** Everything of a request but `stream`. */
  request: object;
  /** The beginning of a stream, before any output. */
  start(told: Told): string[];
  piece(text: string): string;
  /** What ends an answer well. */
  finish(told: Told): string[];
  /** An error in the dialect's own words, alone or behind output. */
  error(told: Told): string;
  /** Ends a stream in which nothing was said. */
  emptyStream: string[];
  /** A whole reply with this text; `told` says what its usage tells. */
  whole(text: string, told: Told): string;
  wholeError(told: Told): string;
}

const words = 'word '.repeat(1_000);
const messages = [{ role: 'user', content: words }];
const data = (value: object | string) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const named = (event: { type: string; [member: string]: unknown }) => `event: ${event.type}\n${data(event)}`;

const countOf = (told: Told): number => (told === 'unreadable' ? -5 : reported.output);
const isTold = (told: Told): boolean => told === 'all' || told === 'unreadable';
const chatUsage = (told: Told) =>
  isTold(told) ? { usage: { prompt_tokens: reported.input, completion_tokens: countOf(told), total_tokens: 1_050 } } : {};
const inputUsage = (told: Told) => (isTold(told) ? { usage: { input_tokens: reported.input, output_tokens: countOf(told) } } : {});

const chunk = (choices: object[], more: object = {}) => data({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices, ...more });

function chatLike(
  path: string,
  model: string,
  request: object,
  pieceOf: (text: string) => object,
  wholeOf: (text: string) => object,
): DialectReplies {
  const endings = (told: Told) => (isTold(told) ? [chunk([], chatUsage(told))] : []);
  const error = { error: { message: 'Provider returned error', code: 502 } };
  return {
    path,
    model,
    request: { model, max_tokens: 100_000, ...request },
    start: () => [chunk([{ index: 0, delta: { role: 'assistant' }, finish_reason: null }])],
    piece: (text) => chunk([{ index: 0, ...pieceOf(text), finish_reason: null }]),
    finish: (told) => [chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]), ...endings(told), data('[DONE]')],
    error: () => data(error),
    emptyStream: [data('[DONE]')],
    whole: (text, told) =>
      JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, ...wholeOf(text), finish_reason: 'stop' }], ...chatUsage(told) }),
    wholeError: () => JSON.stringify(error),
  };
}

const responseBody = (status: string, output: object[], more: object) => ({
  id: 'r',
  object: 'response',
  model: 'm',
  status,
  output,
  ...more,
});
const messageItem = (text: string) => ({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text, annotations: [] }] });
const failed = { code: 'server_error', message: 'It broke' };
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm' };
const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

export type EndDialect = 'openai-chat' | 'openai-completions' | 'openai-responses' | 'anthropic-messages' | 'openai-embeddings';

export const replies: Readonly<Record<EndDialect, DialectReplies>> = {
  'openai-chat': chatLike(
    '/v1/chat/completions',
    'ends',
    { messages },
    (content) => ({ delta: { content } }),
    (content) => ({ message: { role: 'assistant', content } }),
  ),
  'openai-completions': chatLike(
    '/v1/completions',
    'ends',
    { prompt: words },
    (text) => ({ text }),
    (text) => ({ text }),
  ),
  'openai-responses': {
    path: '/v1/responses',
    model: 'ends',
    request: { model: 'ends', input: words, max_output_tokens: 100_000 },
    start: () => [named({ type: 'response.created', response: responseBody('in_progress', [], {}) })],
    piece: (delta) => named({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta }),
    finish: (told) => [
      named({
        type: 'response.completed',
        response: responseBody('completed', [messageItem(pieceText.repeat(pieceCount))], inputUsage(told)),
      }),
    ],
    error: (told) => named({ type: 'response.failed', response: responseBody('failed', [], { error: failed, ...inputUsage(told) }) }),
    emptyStream: [data({})],
    whole: (text, told) => JSON.stringify(responseBody('completed', [messageItem(text)], inputUsage(told))),
    wholeError: (told) => JSON.stringify(responseBody('failed', [], { error: failed, ...inputUsage(told) })),
  },
  'anthropic-messages': {
    path: '/v1/messages',
    model: 'ends-messages',
    request: { model: 'ends-messages', max_tokens: 100_000, messages },
    start: (told) => [
      named({
        type: 'message_start',
        message: { ...message, content: [], ...(told === 'nothing' ? {} : { usage: { input_tokens: reported.input, output_tokens: 0 } }) },
      }),
    ],
    piece: (text) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    finish: (told) => [
      named({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        ...(isTold(told) ? { usage: { output_tokens: countOf(told) } } : {}),
      }),
      named({ type: 'message_stop' }),
    ],
    error: () => named(overloaded),
    emptyStream: [named({ type: 'message_stop' })],
    whole: (text, told) => JSON.stringify({ ...message, content: [{ type: 'text', text }], stop_reason: 'end_turn', ...inputUsage(told) }),
    wholeError: () => JSON.stringify(overloaded),
  },
  'openai-embeddings': {
    path: '/v1/embeddings',
    model: 'ends-embedding',
    request: { model: 'ends-embedding', input: words },
    start: () => [],
    piece: () => '',
    finish: () => [],
    error: () => '',
    emptyStream: [],
    // The text stands for vectors: as many numbers.
    whole: (text, told) =>
      JSON.stringify({
        data: [{ index: 0, embedding: Array.from({ length: text.length / 4 }, () => 0.1) }],
        model: 'm',
        ...(isTold(told) ? { usage: { prompt_tokens: reported.input, total_tokens: 1_000 } } : {}),
      }),
    wholeError: () => JSON.stringify({ error: { message: 'It broke' } }),
  },
};
