import { asObject, type JsonObject } from './json-value.ts';
import { type OutputMeter, type ReplyShape, sizeOf, sizeOfReply } from './output-size.ts';
import { createSaidSoFar } from './said-so-far.ts';

/** One thought under several names: some servers send two or three of them at once. */
const thoughtNames: ReadonlySet<string> = new Set([
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'thinking',
  'thinking_blocks',
]);

export const chatShape: ReplyShape = {
  roots: new Set(['choices']),
  framing: new Set([
    'id',
    'index',
    'type',
    'role',
    'object',
    'call_id',
    'finish_reason',
    'native_finish_reason',
    'stop_reason',
    'matched_stop',
    'status',
    'format',
    'mime_type',
    'media_type',
    'expires_at',
    // The tokens of the text again, one by one.
    'logprobs',
    'token_ids',
    'content_filter_results',
    'content_filter_offsets',
    'usage',
    'error',
  ]),
};

/** Members beside the choices of a chunk, or in a chunk without choices. */
const besideChoices: ReadonlySet<string> = new Set([
  ...chatShape.framing,
  'choices',
  'model',
  'provider',
  'service_tier',
  'system_fingerprint',
  'obfuscation',
  'x_groq',
  'prompt_filter_results',
  'citations',
  'search_results',
  'moderation',
]);

/** Chunks of chat completions, and of completions. */
export function createChatMeter(): OutputMeter {
  const said = createSaidSoFar();

  function takeChoice(value: unknown, position: number): number {
    const choice = asObject(value);
    if (!choice) return 0;
    const index = typeof choice['index'] === 'number' ? choice['index'] : position;
    let size = 0;
    let whole = 0;
    for (const name in choice) {
      const member = choice[name];
      if (typeof member === 'string' ? member === '' : typeof member !== 'object' || member === null) continue;
      if (chatShape.framing.has(name)) continue;
      // Some servers repeat at the end what they sent in pieces, or send only that.
      if (name === 'message') whole = sizeOfMessage(member);
      else if (name === 'delta') size += sizeOfMessage(member);
      else size += sizeOf(member, chatShape.framing, name);
    }
    const added = size === 0 ? 0 : said.add(index, 0, size);
    return whole === 0 ? added : added + said.raiseItem(index, whole);
  }

  return {
    take(chunk) {
      const choices = chunk['choices'];
      if (!Array.isArray(choices) || choices.length === 0) return sizeOf(chunk, besideChoices);
      let size = 0;
      for (let position = 0; position < choices.length; position += 1) size += takeChoice(choices[position], position);
      return size;
    },
  };
}

/** A message, or a piece of one. */
function sizeOfMessage(value: unknown): number {
  const message = asObject(value);
  if (!message) return sizeOf(value, chatShape.framing);
  let size = 0;
  let thought = 0;
  for (const name in message) {
    const member = message[name];
    if (member === null || chatShape.framing.has(name)) continue;
    const own = sizeOf(member, chatShape.framing, name);
    if (thoughtNames.has(name)) thought = Math.max(thought, own);
    else size += own;
  }
  return size + thought;
}

/** A whole chat completion, or completion. */
export function sizeOfChatReply(reply: JsonObject): number {
  const { choices } = reply as { choices?: unknown };
  return Array.isArray(choices) ? createChatMeter().take(reply) : sizeOfReply(reply, chatShape);
}
