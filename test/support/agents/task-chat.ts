import { z } from 'zod';
import {
  type Answer,
  type Asked,
  checkPairs,
  events,
  halves,
  json,
  Refused,
  type Reply,
  type Step,
  type TaskDialect,
} from './steps.ts';

const part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string().min(1) }),
  z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string() }) }),
]);
const content = z.union([z.string(), z.array(part).min(1)]);
const call = z.object({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.object({ name: z.string().min(1), arguments: z.string() }),
});
const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content }),
  z.object({ role: z.literal('user'), content }),
  z.object({
    role: z.literal('assistant'),
    content: content.nullish(),
    reasoning_content: z.string().nullish(),
    tool_calls: z.array(call).min(1).optional(),
  }),
  z.object({ role: z.literal('tool'), tool_call_id: z.string(), content }),
]);
const request = z.object({
  model: z.string(),
  messages: z.array(message).min(1),
  stream: z.boolean().default(false),
  stream_options: z.object({ include_usage: z.boolean().default(false) }).nullish(),
  tools: z
    .array(
      z.object({
        type: z.literal('function'),
        function: z.object({ name: z.string().regex(/^[\w-]{1,64}$/), parameters: z.object({}).loose().optional() }),
      }),
    )
    .min(1)
    .optional(),
});
const usage = { prompt_tokens: 900, completion_tokens: 40, total_tokens: 940 };

/** A server that speaks chat completions with system messages and `reasoning_content`, as DeepSeek and Z.AI do. */
export const chatTask: TaskDialect = {
  read(body) {
    const { model, messages, tools = [], stream } = request.parse(body);
    const steps = messages.flatMap(read);
    checkPairs(steps);
    return { model, steps, tools: tools.map((tool) => tool.function.name), isStream: stream, thinks: true };
  },
  write: (answer, asked) => (asked.isStream ? stream(answer, asked) : whole(answer, asked)),
  error: (text) => ({
    error: { message: text, type: 'invalid_request_error', param: null, code: 'invalid_request_error' },
  }),
};

function read(value: z.infer<typeof message>): Step[] {
  if (value.role === 'tool') return [{ kind: 'returned', id: value.tool_call_id, text: textOf(value.content) }];
  const { content: said } = value;
  const text: Step[] =
    said === null || said === undefined || said === '' ? [] : [{ kind: 'said', by: value.role, text: textOf(said) }];
  if (value.role !== 'assistant') return text;
  const calls = (value.tool_calls ?? []).map(({ id, function: { name, arguments: input } }): Step => {
    return { kind: 'called', id, name, input: parse(input), thought: value.reasoning_content ?? null };
  });
  if (text.length + calls.length === 0) throw new Refused('An assistant message has neither content nor tool calls.');
  return [...text, ...calls];
}

function textOf(said: z.infer<typeof content>): string {
  return typeof said === 'string' ? said : said.map((one) => (one.type === 'text' ? one.text : '')).join('\n');
}

function parse(text: string): object {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused('The arguments of a call are no JSON.');
  }
}

function envelope(answer: Answer, asked: Asked, object: string) {
  return { id: `chatcmpl-${answer.number}`, object, created: 1_790_000_000, model: asked.model };
}

function whole(answer: Answer, asked: Asked): Reply {
  const said =
    answer.kind === 'text'
      ? { role: 'assistant', content: answer.text }
      : { role: 'assistant', content: null, reasoning_content: answer.thought, tool_calls: [callOf(answer)] };
  const choice = { index: 0, message: said, finish_reason: answer.kind === 'text' ? 'stop' : 'tool_calls' };
  return json({ ...envelope(answer, asked, 'chat.completion'), choices: [choice], usage });
}

function callOf({ id, name, input }: Extract<Answer, { kind: 'call' }>) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } };
}

function stream(answer: Answer, asked: Asked): Reply {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...envelope(answer, asked, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, finish_reason }],
  });
  const deltas = answer.kind === 'text' ? halves(answer.text).map((content) => ({ content })) : callDeltas(answer);
  const end = chunk({}, answer.kind === 'text' ? 'stop' : 'tool_calls');
  const last = { ...envelope(answer, asked, 'chat.completion.chunk'), choices: [], usage };
  return events(
    [chunk({ role: 'assistant', content: '' }), ...deltas.map((delta) => chunk(delta)), end, last],
    'data: [DONE]\n\n',
  );
}

function callDeltas(answer: Extract<Answer, { kind: 'call' }>): object[] {
  const { type, id, function: called } = callOf(answer);
  const [first, second] = halves(called.arguments);
  return [
    ...halves(answer.thought ?? '').map((reasoning_content) => ({ content: null, reasoning_content })),
    { tool_calls: [{ index: 0, id, type, function: { name: called.name, arguments: '' } }] },
    { tool_calls: [{ index: 0, function: { arguments: first } }] },
    { tool_calls: [{ index: 0, function: { arguments: second } }] },
  ];
}
