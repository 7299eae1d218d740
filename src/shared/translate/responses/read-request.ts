import { asArray, asFlag, asLimit, asNumber, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import {
  addToTurn,
  asEffort,
  type Conversation,
  emptyConversation,
  type OutputFormat,
  textPart,
  type Tool,
  type ToolChoice,
} from '../conversation.ts';
import { refuse, type Report, reportUnknown } from '../report.ts';
import { flatName, toolsInInput } from './namespaces.ts';
import { noState, readItem } from './read-items.ts';

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
  'metadata',
]);
const knownOfReasoning: ReadonlySet<string> = new Set(['effort']);
const knownOfText: ReadonlySet<string> = new Set(['format', 'verbosity']);
const knownOfTool: ReadonlySet<string> = new Set(['type', 'name', 'description', 'parameters', 'strict', 'format']);
/** The provider runs these itself; a conversation continues without them. */
const hostedTools: ReadonlySet<string> = new Set([
  'web_search',
  'web_search_2025_08_26',
  'web_search_preview',
  'web_search_preview_2025_03_11',
  'file_search',
  'code_interpreter',
  'image_generation',
  'tool_search',
  'programmatic_tool_calling',
]);

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
  for (const [index, item] of asArray(input).entries())
    readItem(asObject(item) ?? {}, `input[${index}]`, conversation, report);
  const tools = [...asArray(body['tools']), ...toolsInInput(input)];
  const reasoning = asObject(body['reasoning']);
  const text = asObject(body['text']);
  reportUnknown(reasoning, knownOfReasoning, report, 'reasoning.');
  reportUnknown(text, knownOfText, report, 'text.');
  return {
    ...conversation,
    model: asText(body['model']) ?? '',
    tools: tools.flatMap((tool, index) => readTool(asObject(tool) ?? {}, index, body['tool_choice'], report)),
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
    metadata: asObject(body['metadata']),
    isStream: body['stream'] === true,
  };
}

function refuseState(body: JsonObject): void {
  if (body['previous_response_id']) refuse('previous_response_id', noState);
  if (body['conversation']) refuse('conversation', noState);
  if (body['background'] === true)
    refuse('background', 'This model is served by an upstream that cannot answer in the background.');
  if (body['prompt']) refuse('prompt', 'Stored prompts exist with OpenAI only; send the text.');
  if (asLimit(body['top_logprobs']))
    refuse('top_logprobs', 'Log probabilities cannot be carried from the dialect of this model.');
}

function readTool(
  tool: JsonObject,
  index: number,
  choice: unknown,
  report: Report,
  namespace: string | null = null,
): Tool[] {
  const [type, ownName] = [asText(tool['type']) ?? '', asText(tool['name'])];
  if (type === 'namespace')
    return asArray(tool['tools']).flatMap((member) => readTool(asObject(member) ?? {}, index, choice, report, ownName));
  const name = ownName && flatName(namespace, ownName);
  const description = asText(tool['description']);
  if (type === 'function' || type === 'custom') reportUnknown(tool, knownOfTool, report, 'tools.');
  if (type === 'function' && name !== null) {
    // Here a tool is strict unless stated otherwise; elsewhere it is the other way round.
    const isStrict = asFlag(tool['strict']);
    return [
      { name, description, kind: { type: 'function', schema: asObject(tool['parameters']), isStrict }, cache: null },
    ];
  }
  if (type === 'custom' && name !== null)
    return [{ name, description, kind: { type: 'custom', format: asObject(tool['format']) }, cache: null }];
  const isForced = asObject(choice)?.['type'] === type;
  if (!hostedTools.has(type) || isForced) {
    return refuse(
      `tools[${index}]`,
      `The tool "${type}" exists with OpenAI only; this model is served by another provider.`,
    );
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
    return { kind: 'allowed', mustCallTool: choice['mode'] === 'required', names };
  }
  const name = asText(choice['name']);
  return name === null
    ? refuse('tool_choice', 'This tool choice cannot be carried into another dialect.')
    : { kind: 'tool', name };
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
