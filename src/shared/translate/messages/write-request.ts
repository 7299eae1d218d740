import { asObject, type JsonObject, parseJson } from '../../dialects/json-value.ts';
import {
  type Conversation,
  type FilePart,
  type ImagePart,
  type Part,
  textPart,
  type TextPart,
  type Tool,
  type ToolChoice,
  type Turn,
} from '../conversation.ts';
import { customToolSchema, wrapCustomInput } from '../custom-tools.ts';
import { readDataUrl } from '../data-url.ts';
import { refuse, type Report, said } from '../report.ts';
import { writeThinking } from './thinking.ts';

/** Messages demands a limit. Every model that is still served may write this much. */
const defaultMaxTokens = 32_000;
const jsonInstruction = 'Answer with one JSON object and nothing else.';

/** The conversation as a Messages request. */
export function writeMessagesRequest(conversation: Conversation, report: Report): JsonObject {
  const { model, tools, toolChoice, isParallel, isStream, stop, topK, userId, format } = conversation;
  const maxTokens = conversation.maxOutputTokens ?? defaultMaxTokens;
  const thinking = mayThink(conversation) ? writeThinking(model, conversation.effort, maxTokens) : null;
  if (conversation.effort !== null && !thinking) report.leaveOut('reasoning effort');
  for (const name of ['verbosity', 'cacheKey'] as const)
    if (conversation[name] !== null) report.leaveOut(name === 'cacheKey' ? 'prompt_cache_key' : name);
  if (format?.kind === 'json') report.leaveOut('response_format');
  const system = [...conversation.instructions, ...(format?.kind === 'json' ? [textPart(jsonInstruction)] : [])];
  const config = said({
    effort: thinking?.effort,
    format: format?.kind === 'schema' ? { type: 'json_schema', schema: format.schema } : null,
  });
  return said({
    model,
    max_tokens: maxTokens,
    system: system.length > 0 ? system.map(writePart) : null,
    tools: tools.length > 0 ? allowedTools(tools, toolChoice).map(writeTool) : null,
    messages: writeTurns(conversation.turns, report),
    tool_choice: tools.length > 0 ? writeToolChoice(toolChoice, isParallel) : null,
    ...writeSampling(conversation, thinking !== null && thinking.thinking['type'] !== 'disabled', report),
    top_k: topK,
    stop_sequences: stop.length > 0 ? stop.filter((text) => text.trim() !== '') : null,
    thinking: thinking?.thinking,
    output_config: Object.keys(config).length > 0 ? config : null,
    metadata: userId === null ? null : { user_id: userId },
    service_tier: conversation.serviceTier === 'default' ? 'standard_only' : conversation.serviceTier === 'auto' ? 'auto' : null,
    stream: isStream ? true : null,
  });
}

/** What was thought before cannot come back signed, and without it a model that is in the middle of calling tools may not think on. */
function mayThink({ turns, toolChoice }: Conversation): boolean {
  const isForced = toolChoice !== null && toolChoice.kind !== 'auto' && toolChoice.kind !== 'none';
  const isAnsweringTool = turns.at(-1)?.parts.some(({ kind }) => kind === 'result') ?? false;
  return !isForced && !isAnsweringTool;
}

function writeSampling({ temperature, topP }: Conversation, isThinking: boolean, report: Report): JsonObject {
  if (isThinking) {
    if (temperature !== null) report.leaveOut('temperature');
    if (topP !== null) report.leaveOut('top_p');
    return {};
  }
  if (temperature !== null && temperature > 1) report.leaveOut('temperature above 1');
  return { temperature: temperature === null ? null : Math.min(temperature, 1), top_p: topP };
}

/** Roles must take turns, and the user begins. Instructions in the middle keep their place, marked as what they are. */
function writeTurns(turns: readonly Turn[], report: Report): JsonObject[] {
  const messages: { role: string; content: JsonObject[] }[] = [];
  for (const [index, { role, parts }] of turns.entries()) {
    if (role === 'instructions') report.leaveOut(`the system role of message ${index}`);
    const isLast = index === turns.length - 1;
    const blocks = orderBlocks(parts).flatMap((part) =>
      writeBlock(role === 'instructions' ? marked(part) : part, role === 'assistant' && isLast),
    );
    const written = role === 'assistant' ? role : 'user';
    const last = messages.at(-1);
    if (blocks.length === 0) continue;
    if (last?.role === written) last.content.push(...blocks);
    else messages.push({ role: written, content: blocks });
  }
  if (messages[0]?.role === 'assistant')
    messages.unshift({ role: 'user', content: [{ type: 'text', text: '(The conversation begins here.)' }] });
  return messages;
}

function marked(part: Part): Part {
  return part.kind === 'text' ? { ...part, text: `<system>\n${part.text}\n</system>` } : part;
}

/** Results come before anything else the user says. */
function orderBlocks(parts: readonly Part[]): Part[] {
  return [...parts.filter(({ kind }) => kind === 'result'), ...parts.filter(({ kind }) => kind !== 'result')];
}

function writeBlock(part: Part, isPrefill: boolean): JsonObject[] {
  switch (part.kind) {
    case 'text': {
      // Neither empty text nor a prefill that ends in a space is taken.
      const text = isPrefill ? part.text.trimEnd() : part.text;
      return text === '' ? [] : [writePart({ ...part, text })];
    }
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    case 'call': {
      const text = part.isCustom ? wrapCustomInput(part.arguments) : part.arguments;
      const input = text.trim() === '' ? {} : asObject(parseJson(text));
      if (!input)
        return refuse('tool_calls', `The arguments of the call "${part.id}" are not a JSON object, and this model takes nothing else.`);
      return [withCache({ type: 'tool_use', id: part.id, name: part.name, input }, part.cache)];
    }
    case 'result': {
      const content = part.parts.map(writePart).filter((block) => block['text'] !== '');
      const result = { type: 'tool_result', tool_use_id: part.callId, content, ...(part.isError ? { is_error: true } : {}) };
      return [withCache(result, part.cache)];
    }
    default:
      return [writePart(part)];
  }
}

function writePart(part: TextPart | ImagePart | FilePart): JsonObject {
  if (part.kind === 'text') return withCache({ type: 'text', text: part.text }, part.cache);
  if (part.kind === 'image') return withCache({ type: 'image', source: imageSource(part.url) }, part.cache);
  const { content, name } = part;
  const title = name === null ? {} : { title: name };
  return withCache({ type: 'document', source: fileSource(content), ...title }, part.cache);
}

function imageSource(url: string): JsonObject {
  const data = readDataUrl(url);
  return data ? { type: 'base64', media_type: data.mediaType, data: data.base64 } : { type: 'url', url };
}

function fileSource(content: FilePart['content']): JsonObject {
  if (content.kind === 'url') return { type: 'url', url: content.url };
  if (content.kind === 'text') return { type: 'text', media_type: 'text/plain', data: content.text };
  if (content.mediaType !== 'application/pdf') return refuse('file', `This model reads PDF and plain text, not ${content.mediaType}.`);
  return { type: 'base64', media_type: content.mediaType, data: content.base64 };
}

function withCache(block: JsonObject, cache: JsonObject | null): JsonObject {
  return cache ? { ...block, cache_control: cache } : block;
}

function allowedTools(tools: readonly Tool[], choice: ToolChoice | null): readonly Tool[] {
  return choice?.kind === 'allowed' ? tools.filter(({ name }) => choice.names.includes(name)) : tools;
}

function writeTool(tool: Tool): JsonObject {
  const { name, description, kind, cache } = tool;
  const isFunction = kind.type === 'function';
  const custom = isFunction ? null : customToolSchema(tool);
  const schema = custom?.schema ?? (isFunction ? kind.schema : null) ?? {};
  const strict = isFunction && kind.isStrict === true ? true : null;
  const text = `${description ?? ''}${custom?.hint ?? ''}`;
  return withCache(said({ name, description: text === '' ? null : text, input_schema: { type: 'object', ...schema }, strict }), cache);
}

function writeToolChoice(choice: ToolChoice | null, isParallel: boolean | null): JsonObject | null {
  const single = isParallel === false ? { disable_parallel_tool_use: true } : {};
  if (choice?.kind === 'none') return { type: 'none' };
  if (choice?.kind === 'tool') return { type: 'tool', name: choice.name, ...single };
  const isForced = choice?.kind === 'any' || (choice?.kind === 'allowed' && choice.mustCall);
  if (!choice && isParallel !== false) return null;
  return { type: isForced ? 'any' : 'auto', ...single };
}
