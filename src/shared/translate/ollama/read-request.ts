import { asArray, asLimit, asNumber, asObject, asText, type JsonObject, textOfAny } from '../../dialects/json-value.ts';
import {
  addInstructions,
  addToTurn,
  asEffort,
  type Conversation,
  type Effort,
  emptyConversation,
  type ImagePart,
  type OutputFormat,
  type Part,
  textPart,
  type Tool,
} from '../conversation.ts';
import { readSeed, refuse, type Report, reportUnknown } from '../report.ts';
import { dataUrl, readDataUrl } from '../data-url.ts';

const knownOfChat: ReadonlySet<string> = new Set([...knownOfBoth(), 'messages', 'tools']);
const knownOfGenerate: ReadonlySet<string> = new Set([
  ...knownOfBoth(),
  'prompt',
  'suffix',
  'images',
  'system',
  'context',
  'raw',
  'template',
]);
const knownOptions: ReadonlySet<string> = new Set([
  'num_predict',
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'stop',
]);

function knownOfBoth(): string[] {
  return ['model', 'stream', 'format', 'options', 'think', 'logprobs', 'top_logprobs'];
}

/** An `/api/chat` request. Throws `not_translatable` for what no other dialect can express. */
export function readOllamaChatRequest(body: JsonObject, report: Report): Conversation {
  reportUnknown(body, knownOfChat, report);
  const conversation = emptyConversation();
  let open: OpenCall[] = [];
  for (const [index, value] of asArray(body['messages']).entries()) {
    const message = asObject(value) ?? {};
    const at = `messages[${index}]`;
    const { role } = message;
    if (role === 'system') addInstructions(conversation, textParts(message['content']));
    else if (role === 'user') addToTurn(conversation.turns, 'user', contentOf(message));
    else if (role === 'assistant') {
      const parts = readAssistant(message, index, at, report);
      open = parts.flatMap((part) => (part.kind === 'call' ? [{ id: part.id, name: part.name }] : []));
      addToTurn(conversation.turns, 'assistant', parts);
    } else if (role === 'tool') addToTurn(conversation.turns, 'user', [readResult(message, open)]);
    else refuse(`${at}.role`, `A message of the role "${String(role)}" cannot be carried into another dialect.`);
  }
  return { ...conversation, ...readCommon(body, report), tools: asArray(body['tools']).map(readTool) };
}

/** An `/api/generate` request: one question. */
export function readOllamaGenerateRequest(body: JsonObject, report: Report): Conversation {
  reportUnknown(body, knownOfGenerate, report);
  if (textOfAny(body['suffix']) !== '')
    refuse('suffix', 'Filling in the middle of a text cannot be carried into another dialect.');
  if (asArray(body['context']).length > 0)
    refuse('context', 'The tokens of another model’s conversation mean nothing to this one; use /api/chat.');
  if (textOfAny(body['template']) !== '') report.leaveOut('template');
  const conversation = emptyConversation();
  addToTurn(conversation.turns, 'user', contentOf({ content: body['prompt'], images: body['images'] }));
  return { ...conversation, ...readCommon(body, report), instructions: textParts(body['system']) };
}

function readCommon(body: JsonObject, report: Report): Omit<Conversation, 'instructions' | 'turns' | 'tools'> {
  if (body['logprobs'] === true || asLimit(body['top_logprobs']))
    refuse('logprobs', 'Log probabilities cannot be carried from the dialect of this model.');
  const options = asObject(body['options']) ?? {};
  reportUnknown(options, knownOptions, report, 'options.');
  const { instructions: _none, turns: _turns, tools: _tools, ...rest } = emptyConversation();
  return {
    ...rest,
    model: asText(body['model']) ?? '',
    maxOutputTokens: asLimit(options['num_predict']),
    temperature: asNumber(options['temperature']),
    topP: asNumber(options['top_p']),
    topK: asNumber(options['top_k']),
    // A negative one is another each time.
    seed: (asNumber(options['seed']) ?? -1) < 0 ? null : readSeed(options['seed'], report),
    frequencyPenalty: asNumber(options['frequency_penalty']) || null,
    presencePenalty: asNumber(options['presence_penalty']) || null,
    stop: [options['stop']].flat().flatMap((stop) => asText(stop) ?? []),
    format: readFormat(body['format']),
    effort: readThink(body['think']),
    isStream: body['stream'] !== false,
  };
}

/** `true` asks for thoughts without saying how long to think. */
function readThink(think: unknown): Effort | null {
  if (think === true) return 'medium';
  return think === false ? 'none' : asEffort(think);
}

function readFormat(value: unknown): OutputFormat | null {
  const schema = asObject(value);
  if (schema) return { kind: 'schema', name: null, description: null, schema, isStrict: false };
  return value === 'json' ? { kind: 'json' } : null;
}

/** A call that waits for its result. */
interface OpenCall {
  id: string;
  name: string;
}

function readAssistant(message: JsonObject, index: number, at: string, report: Report): Part[] {
  // Only the model that produced a thought can use it.
  if (textOfAny(message['thinking']) !== '') report.leaveOut('thinking');
  const calls = asArray(message['tool_calls']).map((value, place): Part => {
    const call = asObject(value);
    const named = asObject(call?.['function']);
    const name = asText(named?.['name']);
    if (name === null) return refuse(`${at}.tool_calls`, 'A tool call needs a name.');
    // Many clients keep no ids; a call must have the same one in every later request.
    const id = asText(call?.['id']) ?? `call_${index}_${place}`;
    return { kind: 'call', id, name, arguments: argumentsText(named?.['arguments']), isCustom: false, cache: null };
  });
  return [...contentOf(message), ...calls];
}

function argumentsText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? {});
}

/** Results name the tool, and newer clients the call; else they come in the order of the calls. */
function readResult(message: JsonObject, open: OpenCall[]): Part {
  const id = asText(message['tool_call_id']);
  const name = asText(message['tool_name']) ?? asText(message['name']);
  const isMeant = (call: OpenCall): boolean => (id === null ? name === null || call.name === name : call.id === id);
  const found = open.findIndex(isMeant);
  const [call] = open.splice(Math.max(0, found), 1);
  const callId = call?.id ?? id;
  const parts = contentOf(message);
  // A result whose call is not in the conversation means nothing to other models, except as text.
  if (callId === null) return textPart(`[Result of ${name ?? 'a tool'}]\n${textOfAny(message['content'])}`);
  return { kind: 'result', callId, parts, isError: false, isCustom: false, cache: null };
}

function contentOf(message: JsonObject) {
  const images = asArray(message['images']).flatMap((image): ImagePart[] => {
    const data = asText(image);
    return data === null ? [] : [{ kind: 'image', url: imageUrl(data), detail: null, cache: null }];
  });
  return [...textParts(message['content']), ...images];
}

function textParts(value: unknown) {
  const text = textOfAny(value);
  return text === '' ? [] : [textPart(text)];
}

function readTool(value: unknown, index: number): Tool {
  const named = asObject(asObject(value)?.['function']);
  const name = asText(named?.['name']);
  if (name === null) return refuse(`tools[${index}]`, 'A tool needs a function with a name.');
  const kind = { type: 'function', schema: asObject(named?.['parameters']), isStrict: null } as const;
  return { name, description: asText(named?.['description']), kind, cache: null };
}

/** How pictures begin, in base64: a picture comes here without its type. */
const beginnings: readonly (readonly [string, string])[] = [
  ['iVBOR', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
  ['Qk', 'image/bmp'],
];

function imageUrl(base64: string): string {
  if (readDataUrl(base64)) return base64;
  const known = beginnings.find(([beginning]) => base64.startsWith(beginning));
  return dataUrl(known?.[1] ?? 'image/png', base64);
}
