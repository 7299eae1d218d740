import type { JsonObject } from '../../dialects/json-value.ts';
import {
  type CallPart,
  type Conversation,
  type FilePart,
  hasCacheMarkers,
  type OutputFormat,
  type Part,
  type ResultPart,
  textOfResult,
  type Tool,
  type ToolChoice,
  type Turn,
  withErrorInWords,
} from '../conversation.ts';
import { dataUrl } from '../data-url.ts';
import { limitsOf, type ModelLimits } from '../model-limits.ts';
import { refuse, type Report, said } from '../report.ts';
import { shortened } from '../short-names.ts';
import {
  checkToolCount,
  effortFor,
  openAiParameters,
  openAiStrict,
  reportSeedAndPenalties,
  samplingFor,
} from '../write-limits.ts';

/**
 * The conversation as a Responses request. Nothing is stored at the upstream: the client does not know that it could
 * be.
 */
export function writeResponsesRequest(conversation: Conversation, report: Report): JsonObject {
  const { model, instructions, turns, tools, toolChoice, isStream, format, verbosity, topK, stop, userId, cacheKey } =
    conversation;
  const limits = limitsOf('openai-responses', model);
  checkToolCount(tools, limits);
  if (topK !== null) report.leaveOut('top_k');
  if (stop.length > 0) refuse('stop', 'This model is served in a dialect without stop sequences.');
  if (hasCacheMarkers(conversation)) report.leaveOut('cache_control');
  reportSeedAndPenalties(conversation, report);
  const { temperature, topP } = samplingFor(conversation, limits, report);
  const effort = effortFor(conversation, limits, report);
  const maxOutputTokens =
    conversation.maxOutputTokens && Math.max(conversation.maxOutputTokens, limits.leastOutputTokens);
  const text = said({ format: format && writeFormat(format, report), verbosity });
  return said({
    model,
    input: [
      ...(instructions.length > 0 ? [message('developer', instructions)] : []),
      ...turns.flatMap((turn) => writeTurn(turn, limits)),
    ],
    tools: tools.length > 0 ? tools.map((tool) => writeTool(tool, report)) : null,
    tool_choice: toolChoice && tools.length > 0 ? writeToolChoice(toolChoice, tools) : null,
    parallel_tool_calls: tools.length > 0 ? conversation.isParallel : null,
    max_output_tokens: maxOutputTokens,
    temperature,
    top_p: topP,
    reasoning: effort === null ? null : { effort },
    text: Object.keys(text).length > 0 ? text : null,
    user: userId === null ? null : shortened(userId, limits.userCharacters),
    prompt_cache_key: cacheKey === null ? null : shortened(cacheKey, limits.cacheKeyCharacters ?? cacheKey.length),
    service_tier: conversation.serviceTier === 'standard_only' ? 'default' : conversation.serviceTier,
    metadata: conversation.metadata,
    store: false,
    include: limits.isReasoning && tools.length > 0 ? ['reasoning.encrypted_content'] : null,
    stream: isStream ? true : null,
  });
}

/** One turn is several items here: calls and results are items of their own. */
function writeTurn({ role, parts }: Turn, limits: ModelLimits): JsonObject[] {
  const items: JsonObject[] = [];
  let own: Part[] = [];
  const flush = () => {
    if (own.length > 0) items.push(message(role === 'instructions' ? 'developer' : role, own));
    own = [];
  };
  for (const part of parts) {
    if (part.kind === 'state') {
      if (part.state.dialect === 'openai-responses') items.push(...part.state.items);
    } else if (part.kind === 'call' || part.kind === 'result') {
      flush();
      items.push(part.kind === 'call' ? writeCall(part, limits) : writeResult(part, limits));
    } else own.push(part);
  }
  flush();
  return items;
}

function message(role: 'user' | 'assistant' | 'developer', parts: readonly Part[]): JsonObject {
  return {
    type: 'message',
    role,
    content: parts.flatMap((part) => writePart(part, role === 'assistant' ? 'output_text' : 'input_text')),
  };
}

function writePart(part: Part, textType: 'input_text' | 'output_text'): JsonObject[] {
  switch (part.kind) {
    case 'text':
      return [{ type: textType, text: part.text }];
    case 'refusal':
      return [{ type: 'refusal', refusal: part.text }];
    case 'image':
      return [{ type: 'input_image', image_url: part.url, detail: part.detail ?? 'auto' }];
    case 'file':
      return [writeFile(part)];
    default:
      return [];
  }
}

function writeFile({ name, content }: FilePart): JsonObject {
  if (content.kind === 'url') return { type: 'input_file', file_url: content.url };
  if (content.kind === 'text')
    return { type: 'input_text', text: name === null ? content.text : `${name}:\n${content.text}` };
  return {
    type: 'input_file',
    filename: name ?? 'document.pdf',
    file_data: dataUrl(content.mediaType, content.base64),
  };
}

function writeCall({ id, name, arguments: text, isCustom }: CallPart, { callIdCharacters }: ModelLimits): JsonObject {
  const call_id = shortened(id, callIdCharacters);
  if (isCustom) return { type: 'custom_tool_call', call_id, name, input: text };
  return { type: 'function_call', call_id, name, arguments: text };
}

function writeResult(result: ResultPart, { callIdCharacters }: ModelLimits): JsonObject {
  const parts = withErrorInWords(result);
  const isText = parts.every((part) => part.kind === 'text');
  const output = isText ? textOfResult(parts) : parts.flatMap((part) => writePart(part, 'input_text'));
  const call_id = shortened(result.callId, callIdCharacters);
  return { type: result.isCustom ? 'custom_tool_call_output' : 'function_call_output', call_id, output };
}

function writeTool({ name, description, kind }: Tool, report: Report): JsonObject {
  if (kind.type === 'custom') return said({ type: 'custom', name, description, format: kind.format });
  // Here a tool is strict unless stated otherwise; in the client's dialect it is the other way round.
  const parameters = openAiParameters(kind.schema, report);
  const strict = openAiStrict(kind.isStrict ?? false, parameters, report, 'tools.strict');
  return { ...said({ type: 'function', name, description, parameters }), strict };
}

function writeToolChoice(choice: ToolChoice, tools: readonly Tool[]): unknown {
  const named = (name: string): JsonObject => ({
    type: tools.find((tool) => tool.name === name)?.kind.type ?? 'function',
    name,
  });
  if (choice.kind === 'tool') return named(choice.name);
  if (choice.kind === 'allowed')
    return { type: 'allowed_tools', mode: choice.mustCallTool ? 'required' : 'auto', tools: choice.names.map(named) };
  return choice.kind === 'any' ? 'required' : choice.kind;
}

function writeFormat(format: OutputFormat, report: Report): JsonObject {
  if (format.kind === 'json') return { type: 'json_object' };
  const { name, description, schema } = format;
  const strict = openAiStrict(format.isStrict, schema, report, "the schema's strictness");
  return said({ type: 'json_schema', name: name ?? 'answer', description, schema, strict });
}
