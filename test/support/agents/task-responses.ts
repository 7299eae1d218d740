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
  type TaskEvent,
} from './steps.ts';

const part = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['input_text', 'output_text']), text: z.string() }),
  z.object({ type: z.literal('refusal'), refusal: z.string() }),
  z.object({ type: z.literal('input_image') }).loose(),
]);
const content = z.union([z.string(), z.array(part)]);
const message = z.object({
  type: z.literal('message').optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content,
});
const item = z.union([
  z.object({
    type: z.literal('reasoning'),
    id: z.string().optional(),
    summary: z.array(z.unknown()),
    encrypted_content: z.string().nullish(),
  }),
  z.object({ type: z.literal('function_call'), call_id: z.string().max(64), name: z.string(), arguments: z.string() }),
  z.object({ type: z.literal('function_call_output'), call_id: z.string().max(64), output: content }),
  z.object({ type: z.literal('additional_tools'), tools: z.array(z.unknown()) }).loose(),
  message,
]);
const tool = z
  .object({
    type: z.string(),
    name: z
      .string()
      .regex(/^[\w-]{1,64}$/)
      .optional(),
  })
  .loose();
const request = z.object({
  model: z.string(),
  input: z.union([z.string(), z.array(item)]),
  instructions: z.string().nullish(),
  include: z.array(z.string()).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  tools: z.array(tool).optional(),
});
type Item = z.infer<typeof item>;
const usage = {
  input_tokens: 900,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 40,
  output_tokens_details: { reasoning_tokens: 10 },
  total_tokens: 940,
};

/**
 * OpenAI's Responses API: reasoning items stand before the item that came with them, sealed for those who ask for it.
 */
export const responsesTask: TaskDialect = {
  read(body) {
    const { model, input, include, store, stream, tools = [] } = request.parse(body);
    const items: Item[] = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
    const steps = readItems(items, store === false);
    checkPairs(steps);
    const names = tools.flatMap(({ type, name }) => (type === 'function' && name !== undefined ? [name] : []));
    const thinks = include?.includes('reasoning.encrypted_content') ?? false;
    return { model, steps, tools: names, isStream: stream ?? false, thinks };
  },
  write: (answer, asked) =>
    asked.isStream ? stream(answer, asked) : json(response(answer, asked, 'completed', output(answer))),
  error: (text) => ({ error: { message: text, type: 'invalid_request_error', param: 'input', code: null } }),
};

function readItems(items: readonly Item[], isStateless: boolean): Step[] {
  let thought: string | null = null;
  let isOpen = false;
  const steps = items.flatMap((one): Step[] => {
    if (one.type === 'reasoning') {
      thought = one.encrypted_content ?? null;
      isOpen = true;
      if (isStateless && thought === null)
        throw new Refused(`Item with id '${one.id}' not found. Items are not persisted when store is false.`);
      return [];
    }
    const before = thought;
    thought = null;
    isOpen = false;
    return readItem(one, before);
  });
  if (isOpen) throw new Refused("Item of type 'reasoning' was provided without its required following item.");
  return steps;
}

function readItem(one: Exclude<Item, { type: 'reasoning' }>, thought: string | null): Step[] {
  switch (one.type) {
    case 'function_call':
      return [{ kind: 'called', id: one.call_id, name: one.name, input: JSON.parse(one.arguments), thought }];
    case 'function_call_output':
      return [{ kind: 'returned', id: one.call_id, text: textOf(one.output) }];
    case 'additional_tools':
      return [];
    default:
      return [{ kind: 'said', by: one.role === 'developer' ? 'system' : one.role, text: textOf(one.content) }];
  }
}

function textOf(said: z.infer<typeof content>): string {
  return typeof said === 'string' ? said : said.map((one) => ('text' in one ? String(one.text) : '')).join('\n');
}

function output(answer: Answer): Record<string, unknown>[] {
  if (answer.kind === 'text') {
    const text = { type: 'output_text', text: answer.text, annotations: [], logprobs: [] };
    return [{ type: 'message', id: `msg_${answer.number}`, status: 'completed', role: 'assistant', content: [text] }];
  }
  const { number, id, name, input, thought } = answer;
  const reasoning = {
    type: 'reasoning',
    id: `rs_${number}`,
    summary: [],
    ...(thought === null ? {} : { encrypted_content: thought }),
  };
  return [
    reasoning,
    {
      type: 'function_call',
      id: `fc_${number}`,
      status: 'completed',
      call_id: id,
      name,
      arguments: JSON.stringify(input),
    },
  ];
}

function response({ number }: Answer, { model }: Asked, status: string, items: object[]): object {
  const isDone = status === 'completed';
  return {
    id: `resp_${number}`,
    object: 'response',
    created_at: 1_790_000_000,
    status,
    error: null,
    incomplete_details: null,
    model,
    output: items,
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    usage: isDone ? usage : null,
  };
}

function stream(answer: Answer, asked: Asked): Reply {
  const items = output(answer);
  const values = [
    { type: 'response.created', response: response(answer, asked, 'in_progress', []) },
    { type: 'response.in_progress', response: response(answer, asked, 'in_progress', []) },
    ...items.flatMap(itemEvents),
    { type: 'response.completed', response: response(answer, asked, 'completed', items) },
  ];
  return events(values.map((value, sequence_number) => ({ ...value, sequence_number })));
}

function itemEvents(one: Record<string, unknown>, output_index: number): TaskEvent[] {
  const place = { item_id: one['id'], output_index };
  const added = (item: object) => ({ type: 'response.output_item.added', output_index, item });
  const done = { type: 'response.output_item.done', output_index, item: one };
  if (one['type'] === 'reasoning') return [added(one), done];
  if (one['type'] === 'function_call') {
    const text = String(one['arguments']);
    return [
      added({ ...one, status: 'in_progress', arguments: '' }),
      ...halves(text).map((delta) => ({ type: 'response.function_call_arguments.delta', ...place, delta })),
      { type: 'response.function_call_arguments.done', ...place, arguments: text },
      done,
    ];
  }
  return [added({ ...one, status: 'in_progress', content: [] }), ...textEvents(one, place), done];
}

function textEvents({ content: parts }: Record<string, unknown>, place: object): TaskEvent[] {
  const part: { text: string } = Array.isArray(parts) ? parts[0] : { text: '' };
  const at = { ...place, content_index: 0 };
  return [
    { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
    ...halves(part.text).map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...at, text: part.text, logprobs: [] },
    { type: 'response.content_part.done', ...at, part },
  ];
}
