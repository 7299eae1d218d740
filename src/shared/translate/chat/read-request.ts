import {
  asArray,
  asFlag,
  asLimit,
  asNumber,
  asObject,
  asText,
  type JsonObject,
  textOfAny,
} from '../../dialects/json-value.ts';
import {
  addInstructions,
  addToTurn,
  asEffort,
  type CacheMarker,
  cacheOf,
  type ContentPart,
  type Conversation,
  emptyConversation,
  type FilePart,
  type OutputFormat,
  type Part,
  textPart,
  type Tool,
  type ToolChoice,
  type Turn,
} from '../conversation.ts';
import { readFileData } from '../data-url.ts';
import { readSeed, refuse, type Report, reportUnknown } from '../report.ts';

const known: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'stop',
  'n',
  'logprobs',
  'top_logprobs',
  'logit_bias',
  'functions',
  'function_call',
  'modalities',
  'audio',
  'response_format',
  'reasoning_effort',
  'verbosity',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'service_tier',
  'metadata',
]);

const knownOfMessage: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'tool_call_id',
  'cache_control',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'function_call',
]);

const knownOfTool: ReadonlySet<string> = new Set(['name', 'description', 'parameters', 'strict', 'format']);

/** A chat completions request. Throws `not_translatable` for what no other dialect can express. */
export function readChatRequest(body: JsonObject, report: Report): Conversation {
  refuseUnlike(body);
  reportUnknown(body, known, report);
  const conversation = emptyConversation();
  for (const [index, message] of asArray(body['messages']).entries())
    readMessage(asObject(message) ?? {}, index, conversation, report);
  return {
    ...conversation,
    model: asText(body['model']) ?? '',
    tools: asArray(body['tools']).map((tool, index) => readTool(asObject(tool) ?? {}, index, report)),
    toolChoice: readToolChoice(body['tool_choice']),
    isParallel: asFlag(body['parallel_tool_calls']),
    maxOutputTokens: asLimit(body['max_completion_tokens']) ?? asLimit(body['max_tokens']),
    temperature: asNumber(body['temperature']),
    topP: asNumber(body['top_p']),
    topK: asNumber(body['top_k']),
    seed: readSeed(body['seed'], report),
    frequencyPenalty: asNumber(body['frequency_penalty']) || null,
    presencePenalty: asNumber(body['presence_penalty']) || null,
    stop: [body['stop']].flat().flatMap((stop) => asText(stop) ?? []),
    format: readFormat(body['response_format'], report),
    effort: asEffort(body['reasoning_effort']),
    verbosity: asText(body['verbosity']),
    userId: asText(body['user']) ?? asText(body['safety_identifier']),
    cacheKey: asText(body['prompt_cache_key']),
    serviceTier: asText(body['service_tier']),
    metadata: asObject(body['metadata']),
    isStream: body['stream'] === true,
  };
}

function refuseUnlike(body: JsonObject): void {
  if ((asLimit(body['n']) ?? 1) > 1) refuse('n', 'This model is served in a dialect that gives one answer at a time.');
  if (body['logprobs'] === true || asLimit(body['top_logprobs']))
    refuse('logprobs', 'Log probabilities cannot be carried from the dialect of this model.');
  if (Object.keys(asObject(body['logit_bias']) ?? {}).length > 0)
    refuse('logit_bias', 'The dialect of this model has no token biases.');
  if (asArray(body['functions']).length > 0)
    refuse('functions', 'Use "tools": the older "functions" are not carried into another dialect.');
  if (asArray(body['modalities']).includes('audio') || body['audio'])
    refuse('modalities', 'Spoken answers cannot be carried into another dialect.');
}

function readMessage(message: JsonObject, index: number, conversation: Conversation, report: Report): void {
  const { turns } = conversation;
  const at = `messages[${index}]`;
  for (const name of Object.keys(message))
    if (!knownOfMessage.has(name) && message[name] !== null) report.leaveOut(`messages.${name}`);
  const role = message['role'];
  const marked = (parts: readonly Part[]): Part[] => withMarkerAtEnd(parts, cacheOf(message));
  if (role === 'system' || role === 'developer')
    addInstructions(conversation, marked(readContent(message['content'], at)));
  else if (role === 'user') addToTurn(turns, 'user', marked(readContent(message['content'], at)));
  else if (role === 'assistant') addToTurn(turns, 'assistant', marked(readAssistant(message, at, report)));
  else if (role === 'tool') addToTurn(turns, 'user', [readResult(message, asText(message['tool_call_id']), at)]);
  else if (role === 'function') addToTurn(turns, 'user', [readResult(message, legacyCallId(turns), at)]);
  else refuse(`${at}.role`, `A message of the role "${String(role)}" cannot be carried into another dialect.`);
}

/** Content that is one text has no place for a cache marker but the message: it marks the end of it. */
function withMarkerAtEnd(parts: readonly Part[], cache: CacheMarker): Part[] {
  const last = parts.findLastIndex((part) => 'cache' in part);
  return parts.map((part, index) => (cache !== null && index === last ? { ...part, cache } : part));
}

function readAssistant(message: JsonObject, at: string, report: Report): Part[] {
  // Only the model that produced a reasoning can use it.
  const hasThought = ['reasoning_content', 'reasoning', 'reasoning_details'].some(
    (name) => textOfAny(message[name]) !== '',
  );
  if (hasThought) report.leaveOut('reasoning_content');
  const content = readContent(message['content'], at);
  const refusal = asText(message['refusal']);
  const calls = asArray(message['tool_calls']).map((call) => readCall(asObject(call) ?? {}, at));
  const legacy = asObject(message['function_call']);
  if (legacy) calls.push(readCall({ id: `call_${at.replaceAll(/\D/g, '')}`, function: legacy }, at));
  return [...content, ...(refusal === null ? [] : [{ kind: 'refusal', text: refusal } as const]), ...calls];
}

function readCall(call: JsonObject, at: string): Part {
  const custom = asObject(call['custom']);
  const named = custom ?? asObject(call['function']);
  const name = asText(named?.['name']);
  const id = asText(call['id']);
  if (name === null || id === null) refuse(`${at}.tool_calls`, 'A tool call needs an id and a name.');
  const text = textOfAny(custom ? custom['input'] : named?.['arguments']);
  return { kind: 'call', id, name, arguments: text, isCustom: custom !== null, cache: null };
}

/** The older function results name no call: they belong to the last one. */
function legacyCallId(turns: readonly Turn[]): string | null {
  return turns.flatMap(({ parts }) => parts).findLast((part) => part.kind === 'call')?.id ?? null;
}

function readResult(message: JsonObject, callId: string | null, at: string): Part {
  if (callId === null) refuse(`${at}.tool_call_id`, 'A tool message needs the id of its call.');
  const parts = readContent(message['content'], at).filter((part) => part.kind !== 'refusal');
  return { kind: 'result', callId, parts, isError: false, isCustom: false, cache: cacheOf(message) };
}

function readContent(content: unknown, at: string): ContentPart[] {
  if (typeof content === 'string') return content === '' ? [] : [textPart(content)];
  if (content !== null && content !== undefined && !Array.isArray(content)) return [textPart(textOfAny(content))];
  return asArray(content).flatMap((part, index) =>
    typeof part === 'string' ? [textPart(part)] : readPart(asObject(part) ?? {}, `${at}.content[${index}]`),
  );
}

function readPart(part: JsonObject, at: string): ContentPart[] {
  const cache = cacheOf(part);
  switch (part['type']) {
    case 'text':
    case 'input_text':
    case 'output_text': {
      const text = asText(part['text']);
      return text === null ? [] : [textPart(text, cache)];
    }
    case 'thinking':
    case 'reasoning':
      // Only the model that produced a reasoning can use it.
      return [];
    case 'refusal':
      return [{ kind: 'refusal', text: asText(part['refusal']) ?? '' }];
    case 'image_url': {
      const image = asObject(part['image_url']);
      const url = asText(image?.['url']) ?? asText(part['image_url']);
      if (url === null) refuse(at, 'A picture needs a URL.');
      return [{ kind: 'image', url, detail: asText(image?.['detail']), cache }];
    }
    case 'file':
      return [readFile(asObject(part['file']) ?? {}, at, cache)];
    case 'input_audio':
      return refuse(at, 'Sound cannot be carried into the dialect of this model.');
    default:
      return refuse(at, `A part of the type "${String(part['type'])}" cannot be carried into another dialect.`);
  }
}

function readFile(file: JsonObject, at: string, cache: CacheMarker): FilePart {
  const data = asText(file['file_data']);
  if (data === null) refuse(at, 'A file that lies with a provider cannot be carried to another; send its data.');
  return { kind: 'file', name: asText(file['filename']), content: readFileData(data), cache };
}

function readTool(tool: JsonObject, index: number, report: Report): Tool {
  const cache = cacheOf(tool);
  const custom = asObject(tool['custom']);
  const named = custom ?? asObject(tool['function']);
  const name = asText(named?.['name']);
  if (name === null)
    refuse(`tools[${index}]`, `A tool of the type "${String(tool['type'])}" cannot be carried into another dialect.`);
  reportUnknown(named, knownOfTool, report, 'tools.');
  const description = asText(named?.['description']);
  if (custom) return { name, description, kind: { type: 'custom', format: customFormat(custom) }, cache };
  const schema = asObject(named?.['parameters']);
  return { name, description, kind: { type: 'function', schema, isStrict: asFlag(named?.['strict']) }, cache };
}

/** Chat nests what the others keep flat. */
function customFormat(custom: JsonObject): JsonObject | null {
  const format = asObject(custom['format']);
  const grammar = asObject(format?.['grammar']);
  return grammar ? { type: 'grammar', ...grammar } : format;
}

function readToolChoice(value: unknown): ToolChoice | null {
  if (value === 'auto' || value === 'none') return { kind: value };
  if (value === 'required') return { kind: 'any' };
  const choice = asObject(value);
  if (!choice) return null;
  const allowed = asObject(choice['allowed_tools']);
  if (allowed) {
    const names = asArray(allowed['tools']).flatMap((tool) => nameOf(tool) ?? []);
    return { kind: 'allowed', mustCallTool: allowed['mode'] === 'required', names };
  }
  const name = nameOf(choice);
  return name === null
    ? refuse('tool_choice', 'This tool choice cannot be carried into another dialect.')
    : { kind: 'tool', name };
}

function nameOf(value: unknown): string | null {
  const tool = asObject(value);
  return asText((asObject(tool?.['function']) ?? asObject(tool?.['custom']))?.['name']);
}

function readFormat(value: unknown, report: Report): OutputFormat | null {
  const format = asObject(value);
  const type = format?.['type'] ?? 'text';
  if (type !== 'text' && type !== 'json_object' && type !== 'json_schema') report.leaveOut('response_format');
  const described = asObject(format?.['json_schema']);
  const schema = asObject(described?.['schema']);
  // A schema can be left out.
  if (type === 'json_object' || (type === 'json_schema' && !schema)) return { kind: 'json' };
  if (!described || !schema) return null;
  return {
    kind: 'schema',
    name: asText(described['name']),
    description: asText(described['description']),
    schema,
    isStrict: asFlag(described['strict']),
  };
}
