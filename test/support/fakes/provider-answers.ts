import type { ReceivedRequest } from './mock-upstream.ts';

export interface ProviderAnswer {
  status: number;
  contentType: string;
  body: Buffer;
}

/** What the mock reports as used; tests compare with these. */
export const chatUsage = {
  prompt_tokens: 19,
  completion_tokens: 10,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 4 },
};
export const messagesUsage = {
  input_tokens: 25,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 8,
  output_tokens: 15,
};
const embeddingsUsage = { prompt_tokens: 8, total_tokens: 8 };
export const answerText = 'Grüße, 世界! 🦉 Done.';

interface AskedBody {
  model?: string;
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  tools?: unknown[];
}

/** Answers as the provider's public documentation shows it; a request that offers tools gets a tool call. */
export function answerLikeProvider(request: Pick<ReceivedRequest, 'path' | 'headers' | 'body'>): ProviderAnswer {
  const path = request.path.split('?', 1)[0] ?? '';
  if (path.endsWith('/models')) return json(request.headers['anthropic-version'] ? anthropicModels : openaiModels);
  const asked = parse(request.body);
  if (path.endsWith('/embeddings')) return json(embeddings(asked));
  if (path.endsWith('/count_tokens')) return json({ input_tokens: 25 });
  if (path.endsWith('/messages')) return asked.stream ? sse(messageEvents(asked)) : json(message(asked));
  if (path.endsWith('/chat/completions')) return asked.stream ? sse(chatEvents(asked)) : json(chat(asked));
  if (path.endsWith('/completions')) return json({ ...completion, model: asked.model });
  return {
    status: 404,
    contentType: 'application/json',
    body: Buffer.from('{"error":{"message":"no such path","type":"invalid_request_error"}}'),
  };
}

/** The bytes of the answer to this body. */
export function answerFor(path: string, body: string): Buffer {
  return answerLikeProvider({ path, headers: {}, body: Buffer.from(body) }).body;
}

function parse(body: Buffer): AskedBody {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return {};
  }
}

function json(value: unknown): ProviderAnswer {
  return { status: 200, contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}

function sse(text: string): ProviderAnswer {
  return { status: 200, contentType: 'text/event-stream; charset=utf-8', body: Buffer.from(text) };
}

const openaiModels = { object: 'list', data: [{ id: 'gpt-test', object: 'model', created: 1, owned_by: 'openai' }] };
const anthropicModels = {
  data: [{ type: 'model', id: 'claude-test', display_name: 'Claude Test', created_at: '2026-01-01T00:00:00Z' }],
  has_more: false,
  first_id: 'claude-test',
  last_id: 'claude-test',
};
const completion = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1,
  choices: [{ index: 0, text: answerText, finish_reason: 'stop', logprobs: null }],
  usage: chatUsage,
};
const toolArguments = '{"city":"Zürich"}';

function embeddings(asked: AskedBody): object {
  return {
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: 'AACAPwAAAEA=' }],
    model: asked.model,
    usage: embeddingsUsage,
  };
}

function chat(asked: AskedBody): object {
  const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: toolArguments } };
  const message = asked.tools
    ? { role: 'assistant', content: null, tool_calls: [call] }
    : { role: 'assistant', content: answerText };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: asked.model,
    choices: [{ index: 0, message, finish_reason: asked.tools ? 'tool_calls' : 'stop' }],
    usage: chatUsage,
  };
}

/**
 * OpenAI's habit: with `include_usage` every chunk carries `"usage":null`, and one more at the end carries the count.
 */
function chatEvents(asked: AskedBody): string {
  const hasUsage = asked.stream_options?.include_usage === true;
  const deltas: object[] = asked.tools
    ? [
        {
          role: 'assistant',
          tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }],
        },
        ...[...toolArguments].map((text) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })),
      ]
    : [{ role: 'assistant', content: '' }, ...[...answerText].map((content) => ({ content }))];
  const chunk = (choices: object[], usage: object | null) => {
    const value = {
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: asked.model,
      choices,
      ...(hasUsage ? { usage } : {}),
      obfuscation: 'x9',
    };
    return `data: ${JSON.stringify(value)}\n\n`;
  };
  const ending = chunk([{ index: 0, delta: {}, finish_reason: asked.tools ? 'tool_calls' : 'stop' }], null);
  const usage = hasUsage ? chunk([], chatUsage) : '';
  return `${deltas.map((delta) => chunk([{ index: 0, delta, finish_reason: null }], null)).join('')}${ending}${usage}data: [DONE]\n\n`;
}

function message(asked: AskedBody): object {
  const content = asked.tools
    ? [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: JSON.parse(toolArguments) }]
    : [{ type: 'text', text: answerText }];
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: asked.model,
    content,
    stop_reason: asked.tools ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: messagesUsage,
  };
}

function messageEvents(asked: AskedBody): string {
  const block = asked.tools
    ? { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }
    : { type: 'text', text: '' };
  const deltas = asked.tools
    ? [...toolArguments].map((text) => ({ type: 'input_json_delta', partial_json: text }))
    : [...answerText].map((text) => ({ type: 'text_delta', text }));
  const start = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: asked.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...messagesUsage, output_tokens: 1 },
  };
  const events: { type: string; [member: string]: unknown }[] = [
    { type: 'message_start', message: start },
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'ping' },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: asked.tools ? 'tool_use' : 'end_turn', stop_sequence: null },
      usage: { output_tokens: messagesUsage.output_tokens },
    },
    { type: 'message_stop' },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}
