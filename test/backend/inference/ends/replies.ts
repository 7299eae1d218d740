/** The request and the replies of each dialect, with amounts that the table's rules are computed from by hand. */
export const reported = { input: 1_000, output: 50 };
/** Forty pieces of nine bytes: 360 bytes, of which four are a token. */
export const pieceText = 'Nine byte';
export const pieceCount = 40;
export const deliveredTokens = 90;
/** More than is kept back of a reply in one piece. */
export const largeTextBytes = 320_000;

export type ReportedUsage = 'nothing' | 'input' | 'all' | 'unreadable' | 'zeros' | 'early';

export interface DialectReplies {
  path: string;
  model: string;
  /** Everything of a request but `stream`. */
  request: object;
  /** The beginning of a stream, before any output. */
  start(usage: ReportedUsage): string[];
  piece(text: string): string;
  /** The regular end of an answer. */
  finish(usage: ReportedUsage): string[];
  /** An error in the dialect's format, alone or after output. */
  error(usage: ReportedUsage): string;
  /** Ends a stream without output. */
  emptyStream: string[];
  /** A whole reply with this text; `usage` is what it reports. */
  whole(text: string, usage: ReportedUsage): string;
  wholeError(usage: ReportedUsage): string;
}

const words = 'word '.repeat(1_000);
const messages = [{ role: 'user', content: words }];
const data = (value: object | string) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const named = (event: { type: string; [member: string]: unknown }) => `event: ${event.type}\n${data(event)}`;

const counts = { all: reported.output, unreadable: -5, zeros: 0, early: reported.output } as const;
type Counting = keyof typeof counts;
const inputOf = (usage: Counting): number => (usage === 'zeros' ? 0 : reported.input);
const chatCount = (usage: Counting) => ({
  usage: {
    prompt_tokens: inputOf(usage),
    completion_tokens: counts[usage],
    total_tokens: usage === 'zeros' ? 0 : 1_050,
  },
});
const plainCount = (usage: Counting) => ({ usage: { input_tokens: inputOf(usage), output_tokens: counts[usage] } });
/** What is told at the regular end, and before the output. */
const isTold = (usage: ReportedUsage): usage is Counting => usage in counts && usage !== 'early';
const chatUsage = (usage: ReportedUsage) => (isTold(usage) ? chatCount(usage) : {});
const inputUsage = (usage: ReportedUsage) => (isTold(usage) ? plainCount(usage) : {});

const chunk = (choices: object[], more: object = {}) =>
  data({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices, ...more });

function chatLike(
  path: string,
  model: string,
  request: object,
  pieceOf: (text: string) => object,
  wholeOf: (text: string) => object,
): DialectReplies {
  const endings = (usage: ReportedUsage) => (isTold(usage) ? [chunk([], chatUsage(usage))] : []);
  const error = { error: { message: 'Provider returned error', code: 502 } };
  return {
    path,
    model,
    request: { model, max_tokens: 100_000, ...request },
    start: (usage) => [
      chunk(
        [{ index: 0, delta: { role: 'assistant' }, finish_reason: null }],
        usage === 'early' ? chatCount(usage) : {},
      ),
    ],
    piece: (text) => chunk([{ index: 0, ...pieceOf(text), finish_reason: null }]),
    finish: (usage) => [chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]), ...endings(usage), data('[DONE]')],
    error: () => data(error),
    emptyStream: [data('[DONE]')],
    whole: (text, usage) =>
      JSON.stringify({
        id: 'c',
        model: 'm',
        choices: [{ index: 0, ...wholeOf(text), finish_reason: 'stop' }],
        ...chatUsage(usage),
      }),
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
const messageItem = (text: string) => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [] }],
});
const failed = { code: 'server_error', message: 'It broke' };
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm' };
const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

export type EndDialect =
  | 'openai-chat'
  | 'openai-completions'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'openai-embeddings';

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
    start: (usage) => [
      named({
        type: 'response.created',
        response: responseBody('in_progress', [], usage === 'early' ? plainCount(usage) : {}),
      }),
    ],
    piece: (delta) => named({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta }),
    finish: (usage) => [
      named({
        type: 'response.completed',
        response: responseBody('completed', [messageItem(pieceText.repeat(pieceCount))], inputUsage(usage)),
      }),
    ],
    error: (usage) =>
      named({ type: 'response.failed', response: responseBody('failed', [], { error: failed, ...inputUsage(usage) }) }),
    emptyStream: [data({})],
    whole: (text, usage) => JSON.stringify(responseBody('completed', [messageItem(text)], inputUsage(usage))),
    wholeError: (usage) => JSON.stringify(responseBody('failed', [], { error: failed, ...inputUsage(usage) })),
  },
  'anthropic-messages': {
    path: '/v1/messages',
    model: 'ends-messages',
    request: { model: 'ends-messages', max_tokens: 100_000, messages },
    start: (usage) => [
      named({
        type: 'message_start',
        message: {
          ...message,
          content: [],
          ...(usage === 'nothing'
            ? {}
            : { usage: { input_tokens: usage === 'zeros' ? 0 : reported.input, output_tokens: 0 } }),
        },
      }),
      ...(usage === 'early' ? [named({ type: 'message_delta', delta: {}, ...plainCount(usage) })] : []),
    ],
    piece: (text) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    finish: (usage) => [
      named({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        ...(isTold(usage) ? { usage: { output_tokens: counts[usage] } } : {}),
      }),
      named({ type: 'message_stop' }),
    ],
    error: () => named(overloaded),
    emptyStream: [named({ type: 'message_stop' })],
    whole: (text, usage) =>
      JSON.stringify({ ...message, content: [{ type: 'text', text }], stop_reason: 'end_turn', ...inputUsage(usage) }),
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
    whole: (text, usage) =>
      JSON.stringify({
        data: [{ index: 0, embedding: Array.from({ length: text.length / 4 }, () => 0.1) }],
        model: 'm',
        ...(isTold(usage) ? { usage: { prompt_tokens: inputOf(usage), total_tokens: 1_000 } } : {}),
      }),
    wholeError: () => JSON.stringify({ error: { message: 'It broke' } }),
  },
};
