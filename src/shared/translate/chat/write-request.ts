import type { JsonObject } from '../../dialects/json-value.ts';
import {
  allowedTools,
  type CallPart,
  type Conversation,
  type FilePart,
  hasCacheMarkers,
  type ImagePart,
  type OutputFormat,
  type Part,
  type ResultPart,
  textOf,
  type TextPart,
  type Tool,
  type ToolChoice,
  type Turn,
} from '../conversation.ts';
import { customToolSchema, wrapCustomInput } from '../custom-tools.ts';
import { dataUrl } from '../data-url.ts';
import { refuse, type Report, said } from '../report.ts';

/** OpenAI's reasoning models want another name for the output limit, and are the only ones sure to know how hard to think. */
const reasoningModel = /(^|\/)(o\d|gpt-([5-9]|\d\d)|codex)/i;
const mostStops = 4;

/** The conversation as a chat completions request. Usage is always asked for: a translated stream must end with it. */
export function writeChatRequest(conversation: Conversation, report: Report): JsonObject {
  const { model, instructions, turns, tools, toolChoice, isStream } = conversation;
  if (hasCacheMarkers(conversation)) report.leaveOut('cache_control');
  return said({
    model,
    messages: [...(instructions.length > 0 ? [{ role: 'system', content: content(instructions) }] : []), ...turns.flatMap(writeTurn)],
    tools: tools.length > 0 ? allowedTools(tools, toolChoice).map(writeTool) : null,
    tool_choice: toolChoice && tools.length > 0 ? writeToolChoice(toolChoice) : null,
    parallel_tool_calls: tools.length > 0 ? conversation.isParallel : null,
    ...writeLimits(conversation, report),
    response_format: conversation.format && writeFormat(conversation.format),
    user: conversation.userId,
    stream: isStream ? true : null,
    stream_options: isStream ? { include_usage: true } : null,
  });
}

function writeLimits(
  { model, maxOutputTokens, temperature, topP, topK, stop, effort, verbosity, cacheKey, serviceTier }: Conversation,
  report: Report,
): JsonObject {
  const isReasoning = reasoningModel.test(model);
  if (topK !== null) report.leaveOut('top_k');
  if (cacheKey !== null) report.leaveOut('prompt_cache_key');
  if (serviceTier !== null) report.leaveOut('service_tier');
  if (verbosity !== null) report.leaveOut('verbosity');
  if (effort !== null && !isReasoning) report.leaveOut('reasoning effort');
  if (stop.length > mostStops) report.leaveOut('stop sequences beyond the fourth');
  return {
    [isReasoning ? 'max_completion_tokens' : 'max_tokens']: maxOutputTokens,
    temperature,
    top_p: topP,
    stop: stop.length > 0 ? stop.slice(0, mostStops) : null,
    reasoning_effort: isReasoning && effort !== null ? (effort === 'max' ? 'xhigh' : effort) : null,
  };
}

/** One turn is several messages here: each tool's result is one, and pictures among results follow in one of the user's. */
function writeTurn({ role, parts }: Turn): JsonObject[] {
  if (role === 'instructions') return [{ role: 'system', content: content(parts.filter((part) => part.kind === 'text')) }];
  if (role === 'assistant') return [writeAssistant(parts)];
  const messages: JsonObject[] = [];
  let own: (TextPart | ImagePart | FilePart)[] = [];
  const flush = () => {
    if (own.length > 0) messages.push({ role: 'user', content: content(own) });
    own = [];
  };
  for (const part of parts) {
    if (part.kind === 'result') {
      flush();
      messages.push(writeResult(part));
      own.push(...part.parts.filter(({ kind }) => kind !== 'text'));
    } else if (part.kind !== 'call' && part.kind !== 'refusal') own.push(part);
  }
  flush();
  return orderResults(messages);
}

/** All results of one assistant message must follow it without anything between them. */
function orderResults(messages: readonly JsonObject[]): JsonObject[] {
  const isResult = (message: JsonObject): boolean => message['role'] === 'tool';
  return [...messages.filter(isResult), ...messages.filter((message) => !isResult(message))];
}

function writeAssistant(parts: readonly Part[]): JsonObject {
  const calls = parts.filter((part) => part.kind === 'call');
  const texts = parts.filter((part) => part.kind === 'text');
  const refusal = textOf(parts.filter((part) => part.kind === 'refusal'));
  return {
    role: 'assistant',
    content: texts.length > 0 ? textOf(texts) : null,
    ...(refusal === '' ? {} : { refusal }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(writeCall) }),
  };
}

function writeCall({ id, name, arguments: text, isCustom }: CallPart): JsonObject {
  return { id, type: 'function', function: { name, arguments: isCustom ? wrapCustomInput(text) : text } };
}

function writeResult({ callId, parts, isError }: ResultPart): JsonObject {
  const text = textOf(parts);
  return { role: 'tool', tool_call_id: callId, content: isError && !/^error/i.test(text) ? `Error: ${text}` : text };
}

/** Bare text where there is nothing else: many servers understand no more than that. */
function content(parts: readonly (TextPart | ImagePart | FilePart)[]): unknown {
  const texts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  return texts.length === parts.length ? texts.join('\n\n') : parts.map(writePart);
}

function writePart(part: TextPart | ImagePart | FilePart): JsonObject {
  if (part.kind === 'text') return { type: 'text', text: part.text };
  if (part.kind === 'image') return { type: 'image_url', image_url: said({ url: part.url, detail: part.detail }) };
  const { content: file, name } = part;
  if (file.kind === 'text') return { type: 'text', text: name === null ? file.text : `${name}:\n${file.text}` };
  if (file.kind === 'url') refuse('document', 'A document behind a URL cannot be carried to this model; send its data.');
  return { type: 'file', file: { filename: name ?? 'document.pdf', file_data: dataUrl(file.mediaType, file.base64) } };
}

function writeTool(tool: Tool): JsonObject {
  const { name, kind, description } = tool;
  if (kind.type === 'function') {
    return { type: 'function', function: said({ name, description, parameters: kind.schema, strict: kind.isStrict }) };
  }
  const { schema, hint } = customToolSchema(tool);
  return { type: 'function', function: said({ name, description: `${description ?? ''}${hint}`, parameters: schema }) };
}

function writeToolChoice(choice: ToolChoice): unknown {
  if (choice.kind === 'tool') return { type: 'function', function: { name: choice.name } };
  if (choice.kind === 'allowed') return choice.mustCall ? 'required' : 'auto';
  return choice.kind === 'any' ? 'required' : choice.kind;
}

function writeFormat(format: OutputFormat): JsonObject {
  if (format.kind === 'json') return { type: 'json_object' };
  const { name, description, schema, isStrict } = format;
  return { type: 'json_schema', json_schema: said({ name: name ?? 'answer', description, schema, strict: isStrict ?? true }) };
}
