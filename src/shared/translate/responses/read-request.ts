import { asArray, asLimit, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import {
  addInstructions,
  addToTurn,
  asEffort,
  type ContentPart,
  type Conversation,
  emptyConversation,
  type FilePart,
  type OutputFormat,
  type Part,
  textPart,
  type Tool,
  type ToolChoice,
} from '../conversation.ts';
import { readFileData } from '../data-url.ts';
import { asFlag, asNumber } from '../read-value.ts';
import { refuse, type Report, reportUnknown } from '../report.ts';
import { flatName } from './namespaces.ts';

const known: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'text',
  'reasoning',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'service_tier',
  'previous_response_id',
  'conversation',
  'background',
  'prompt',
  'store',
]);
const noState = 'This model is served by an upstream that keeps no conversations: send the whole of it in "input".';
/** The provider runs these by itself; a conversation goes on without them. */
const hostedTool = /^(web_search|file_search|code_interpreter|image_generation|tool_search)/;
/** What such a tool left in a conversation. */
const hostedItem = /^(web_search_call|file_search_call|code_interpreter_call|image_generation_call|reasoning|tool_search|compaction)/;

/** A Responses request. Throws `not_translatable` for what no other dialect can express. */
export function readResponsesRequest(body: JsonObject, report: Report): Conversation {
  refuseState(body);
  reportUnknown(body, known, report);
  if (body['store'] === true) report.leaveOut('store');
  const conversation = emptyConversation();
  const instructions = asText(body['instructions']);
  if (instructions !== null) conversation.instructions.push(textPart(instructions));
  const { input } = body;
  if (typeof input === 'string') addToTurn(conversation.turns, 'user', [textPart(input)]);
  for (const [index, item] of asArray(input).entries()) readItem(asObject(item) ?? {}, `input[${index}]`, conversation, report);
  const reasoning = asObject(body['reasoning']);
  if (reasoning?.['summary']) report.leaveOut('reasoning.summary');
  const text = asObject(body['text']);
  return {
    ...conversation,
    model: asText(body['model']) ?? '',
    tools: asArray(body['tools']).flatMap((tool, index) => readTool(asObject(tool) ?? {}, index, body['tool_choice'], report)),
    toolChoice: readToolChoice(body['tool_choice']),
    isParallel: asFlag(body['parallel_tool_calls']),
    maxOutputTokens: asLimit(body['max_output_tokens']),
    temperature: asNumber(body['temperature']),
    topP: asNumber(body['top_p']),
    format: readFormat(text?.['format']),
    effort: asEffort(reasoning?.['effort']),
    verbosity: asText(text?.['verbosity']),
    userId: asText(body['user']) ?? asText(body['safety_identifier']),
    cacheKey: asText(body['prompt_cache_key']),
    serviceTier: asText(body['service_tier']),
    isStream: body['stream'] === true,
  };
}

function refuseState(body: JsonObject): void {
  if (body['previous_response_id']) refuse('previous_response_id', noState);
  if (body['conversation']) refuse('conversation', noState);
  if (body['background'] === true) refuse('background', 'This model is served by an upstream that cannot answer in the background.');
  if (body['prompt']) refuse('prompt', 'Stored prompts exist with OpenAI only; send the text.');
  if (asLimit(body['top_logprobs'])) refuse('top_logprobs', 'Log probabilities cannot be carried from the dialect of this model.');
}

function readItem(item: JsonObject, at: string, conversation: Conversation, report: Report): void {
  const { turns } = conversation;
  const type = asText(item['type']) ?? 'message';
  if (type === 'message') return readMessage(item, at, conversation);
  if (type === 'function_call' || type === 'custom_tool_call')
    return addToTurn(turns, 'assistant', [readCall(item, at, type === 'custom_tool_call')]);
  if (type === 'function_call_output' || type === 'custom_tool_call_output')
    return addToTurn(turns, 'user', [readResult(item, at, type.startsWith('custom'))]);
  if (type === 'item_reference') return refuse(at, noState);
  if (!hostedItem.test(type)) return refuse(at, `An item of the type "${type}" cannot be carried into another dialect.`);
  report.leaveOut(type);
}

function readMessage(item: JsonObject, at: string, conversation: Conversation): void {
  const parts = readContent(item['content'], at);
  const role = item['role'];
  if (role === 'user' || role === 'assistant') return addToTurn(conversation.turns, role, parts);
  if (role !== 'system' && role !== 'developer')
    return refuse(`${at}.role`, `A message of the role "${String(role)}" cannot be carried into another dialect.`);
  addInstructions(conversation, parts);
}

function readCall(item: JsonObject, at: string, isCustom: boolean): Part {
  const [id, ownName] = [asText(item['call_id']), asText(item['name'])];
  if (id === null || ownName === null) return refuse(at, 'A tool call needs a call_id and a name.');
  const name = flatName(asText(item['namespace']), ownName);
  const text = item[isCustom ? 'input' : 'arguments'];
  return { kind: 'call', id, name, arguments: typeof text === 'string' ? text : '', isCustom, cache: null };
}

function readResult(item: JsonObject, at: string, isCustom: boolean): Part {
  const callId = asText(item['call_id']);
  if (callId === null) return refuse(at, 'The output of a tool needs the call_id of its call.');
  const parts = readContent(item['output'], at).filter((part) => part.kind !== 'refusal');
  return { kind: 'result', callId, parts, isError: false, isCustom, cache: null };
}

function readContent(content: unknown, at: string): ContentPart[] {
  if (typeof content === 'string') return content === '' ? [] : [textPart(content)];
  return asArray(content).map((part, index) => readPart(asObject(part) ?? {}, `${at}.content[${index}]`));
}

function readPart(part: JsonObject, at: string): ContentPart {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return textPart(asText(part['text']) ?? '');
    case 'refusal':
      return { kind: 'refusal', text: asText(part['refusal']) ?? '' };
    case 'input_image': {
      const url = asText(part['image_url']);
      if (url === null) return refuse(at, 'A picture that lies with a provider cannot be carried to another; send its data.');
      return { kind: 'image', url, detail: asText(part['detail']), cache: null };
    }
    case 'input_file':
      return readFile(part, at);
    default:
      return refuse(at, `A part of the type "${String(part['type'])}" cannot be carried into another dialect.`);
  }
}

function readFile(part: JsonObject, at: string): FilePart {
  const [data, url] = [asText(part['file_data']), asText(part['file_url'])];
  const name = asText(part['filename']);
  if (url !== null) return { kind: 'file', name, content: { kind: 'url', url }, cache: null };
  if (data === null) return refuse(at, 'A file that lies with a provider cannot be carried to another; send its data.');
  return { kind: 'file', name, content: readFileData(data), cache: null };
}

function readTool(tool: JsonObject, index: number, choice: unknown, report: Report, namespace: string | null = null): Tool[] {
  const [type, ownName] = [asText(tool['type']) ?? '', asText(tool['name'])];
  if (type === 'namespace')
    return asArray(tool['tools']).flatMap((member) => readTool(asObject(member) ?? {}, index, choice, report, ownName));
  const name = ownName && flatName(namespace, ownName);
  const description = asText(tool['description']);
  if (type === 'function' && name !== null) {
    // Here a tool is strict unless it says otherwise; elsewhere it is the other way round.
    const isStrict = asFlag(tool['strict']);
    return [{ name, description, kind: { type: 'function', schema: asObject(tool['parameters']), isStrict }, cache: null }];
  }
  if (type === 'custom' && name !== null)
    return [{ name, description, kind: { type: 'custom', format: asObject(tool['format']) }, cache: null }];
  const isForced = asObject(choice)?.['type'] === type;
  if (!hostedTool.test(type) || isForced) {
    return refuse(`tools[${index}]`, `The tool "${type}" exists with OpenAI only; this model is served by somebody else.`);
  }
  report.leaveOut(`tools.${type}`);
  return [];
}

function readToolChoice(value: unknown): ToolChoice | null {
  if (value === 'auto' || value === 'none') return { kind: value };
  if (value === 'required') return { kind: 'any' };
  const choice = asObject(value);
  if (!choice) return null;
  if (choice['type'] === 'allowed_tools') {
    const names = asArray(choice['tools']).flatMap((tool) => asText(asObject(tool)?.['name']) ?? []);
    return { kind: 'allowed', mustCall: choice['mode'] === 'required', names };
  }
  const name = asText(choice['name']);
  return name === null ? refuse('tool_choice', 'This tool choice cannot be carried into another dialect.') : { kind: 'tool', name };
}

function readFormat(value: unknown): OutputFormat | null {
  const format = asObject(value);
  if (format?.['type'] === 'json_object') return { kind: 'json' };
  const schema = asObject(format?.['schema']);
  if (!format || !schema) return null;
  return {
    kind: 'schema',
    name: asText(format['name']),
    description: asText(format['description']),
    schema,
    isStrict: asFlag(format['strict']),
  };
}
