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

const cached = {
  cache_control: z
    .object({ type: z.literal('ephemeral') })
    .loose()
    .nullish(),
};
const text = z.object({ type: z.literal('text'), text: z.string().min(1), ...cached });
const image = z.object({ type: z.literal('image'), source: z.object({}).loose(), ...cached });
const block = z.discriminatedUnion('type', [
  text,
  image,
  z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.object({
    type: z.literal('tool_use'),
    id: z.string().regex(/^[\w-]+$/),
    name: z.string(),
    input: z.object({}).loose(),
    ...cached,
  }),
  z.object({
    type: z.literal('tool_result'),
    tool_use_id: z.string(),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [text, image]))]).optional(),
    is_error: z.boolean().optional(),
    ...cached,
  }),
]);
const content = z.union([z.string().min(1), z.array(block).min(1)]);
const request = z.object({
  model: z.string(),
  max_tokens: z.int().positive(),
  system: z.union([z.string(), z.array(text)]).optional(),
  messages: z.array(z.object({ role: z.enum(['user', 'assistant']), content })).min(1),
  stream: z.boolean().default(false),
  thinking: z
    .object({ type: z.enum(['enabled', 'disabled', 'adaptive']), budget_tokens: z.int().min(1024).optional() })
    .loose()
    .optional(),
  tools: z
    .array(
      z.object({
        name: z.string().regex(/^[\w-]{1,128}$/),
        type: z.string().optional(),
        input_schema: z
          .object({ type: z.literal('object') })
          .loose()
          .optional(),
      }),
    )
    .optional(),
});
type Block = z.infer<typeof block>;
const usage = { input_tokens: 900, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 40 };

/** Anthropic's API: results right after their calls, and the signed thought before a call wherever thinking is on. */
export const messagesTask: TaskDialect = {
  read(body) {
    const asked = request.parse(body);
    const { model, thinking, tools = [], stream, max_tokens: limit } = asked;
    if ((thinking?.budget_tokens ?? 0) >= limit)
      throw new Refused('max_tokens must be greater than thinking.budget_tokens.');
    if (asked.messages[0]?.role !== 'user') throw new Refused('messages: first message must use the "user" role.');
    const thinks = thinking !== undefined && thinking.type !== 'disabled';
    const steps = asked.messages.flatMap(({ role, content: said }) => readBlocks(role, blocksOf(said)));
    checkPairs(steps);
    return { model, steps, tools: tools.map(({ name }) => name), isStream: stream, thinks };
  },
  write: (answer, asked) =>
    asked.isStream
      ? stream(answer, asked)
      : json({ ...message(asked, answer), ...ended(answer), content: blocks(answer), usage }),
  error: (said) => ({ type: 'error', error: { type: 'invalid_request_error', message: said } }),
};

function blocksOf(said: z.infer<typeof content>): Block[] {
  return typeof said === 'string' ? [{ type: 'text', text: said }] : said;
}

function readBlocks(by: 'user' | 'assistant', said: readonly Block[]): Step[] {
  let thought: string | null = null;
  let hasText = false;
  return said.flatMap((one): Step[] => {
    switch (one.type) {
      case 'thinking':
        thought = one.signature;
        return [];
      case 'text':
        hasText = true;
        return [{ kind: 'said', by, text: one.text }];
      case 'tool_use':
        return [{ kind: 'called', id: one.id, name: one.name, input: one.input, thought }];
      case 'tool_result':
        if (by === 'assistant') throw new Refused('tool_result blocks can only be in user messages.');
        if (hasText) throw new Refused('tool_result blocks come first in their message.');
        return [{ kind: 'returned', id: one.tool_use_id, text: textOf(one.content ?? '') }];
      case 'image':
        return [];
    }
  });
}

function textOf(said: string | readonly { type: string; text?: unknown }[]): string {
  return typeof said === 'string' ? said : said.map((one) => (typeof one.text === 'string' ? one.text : '')).join('\n');
}

function message({ model }: Asked, { number }: Answer) {
  return { id: `msg_${number}`, type: 'message', role: 'assistant', model };
}

function ended({ kind }: Answer) {
  return { stop_reason: kind === 'text' ? 'end_turn' : 'tool_use', stop_sequence: null };
}

function blocks(answer: Answer): Record<string, unknown>[] {
  if (answer.kind === 'text') return [{ type: 'text', text: answer.text }];
  const { id, name, input, thought } = answer;
  const thinking = thought === null ? [] : [{ type: 'thinking', thinking: 'I need the tool.', signature: thought }];
  return [...thinking, { type: 'tool_use', id, name, input }];
}

function stream(answer: Answer, asked: Asked): Reply {
  const start = {
    ...message(asked, answer),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  };
  const parts = blocks(answer).flatMap((one, index) => [
    { type: 'content_block_start', index, content_block: emptied(one) },
    ...deltas(one).map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]);
  return events([
    { type: 'message_start', message: start },
    ...parts,
    { type: 'message_delta', delta: ended(answer), usage: { output_tokens: usage.output_tokens } },
    { type: 'message_stop' },
  ]);
}

function emptied(one: Record<string, unknown>): object {
  if (one['type'] === 'text') return { ...one, text: '' };
  return one['type'] === 'thinking' ? { ...one, thinking: '', signature: '' } : { ...one, input: {} };
}

function deltas(one: Record<string, unknown>): object[] {
  if (one['type'] === 'text') return halves(String(one['text'])).map((half) => ({ type: 'text_delta', text: half }));
  if (one['type'] === 'tool_use')
    return halves(JSON.stringify(one['input'])).map((half) => ({ type: 'input_json_delta', partial_json: half }));
  return [
    { type: 'thinking_delta', thinking: one['thinking'] },
    { type: 'signature_delta', signature: one['signature'] },
  ];
}
