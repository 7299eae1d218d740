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
  textOfResult,
  type Tool,
  type ToolChoice,
  type Turn,
  withErrorInWords,
  withInstructionsInUserTurns,
} from '../conversation.ts';
import { customToolSchema, wrapCustomInput } from '../custom-tools.ts';
import { dataUrl } from '../data-url.ts';
import { limitsOf, type ModelLimits } from '../model-limits.ts';
import { refuse, type Report, said } from '../report.ts';
import { shortened } from '../short-names.ts';
import {
  checkToolCount,
  effortFor,
  openAiParameters,
  openAiStrict,
  penaltiesFor,
  samplingFor,
  seedFor,
  stopFor,
} from '../write-limits.ts';

/** The conversation as a chat completions request. Usage is always requested: a translated stream must end with it. */
export function writeChatRequest(conversation: Conversation, report: Report): JsonObject {
  const { model, instructions, tools, toolChoice, userId, isStream } = conversation;
  const limits = limitsOf('openai-chat', model);
  const turns = limits.takesLateInstructions ? conversation.turns : withInstructionsInUserTurns(conversation.turns);
  if (hasCacheMarkers(conversation)) report.leaveOut('cache_control');
  checkToolCount(tools, limits);
  return said({
    model,
    messages: [
      ...(instructions.length > 0 ? [{ role: 'system', content: content(instructions) }] : []),
      ...turns.flatMap((turn) => writeTurn(turn, limits)),
    ],
    tools: tools.length > 0 ? allowedTools(tools, toolChoice).map((tool) => writeTool(tool, report)) : null,
    tool_choice: toolChoice && tools.length > 0 ? writeToolChoice(toolChoice) : null,
    parallel_tool_calls: tools.length > 0 ? conversation.isParallel : null,
    ...writeLimits(conversation, limits, report),
    response_format: conversation.format && writeFormat(conversation.format, report),
    user: userId === null ? null : shortened(userId, limits.userCharacters),
    stream: isStream ? true : null,
    stream_options: isStream ? { include_usage: true } : null,
  });
}

function writeLimits(conversation: Conversation, limits: ModelLimits, report: Report): JsonObject {
  const { maxOutputTokens, topK, verbosity, cacheKey, serviceTier, metadata } = conversation;
  if (topK !== null) report.leaveOut('top_k');
  if (cacheKey !== null) report.leaveOut('prompt_cache_key');
  if (serviceTier !== null) report.leaveOut('service_tier');
  if (verbosity !== null) report.leaveOut('verbosity');
  if (metadata !== null) report.leaveOut('metadata');
  const { temperature, topP } = samplingFor(conversation, limits, report);
  const { frequencyPenalty, presencePenalty } = penaltiesFor(conversation, limits, report);
  return {
    [limits.wantsCompletionTokens ? 'max_completion_tokens' : 'max_tokens']: maxOutputTokens,
    temperature,
    top_p: topP,
    seed: seedFor(conversation, limits.takesSeed, report),
    frequency_penalty: frequencyPenalty,
    presence_penalty: presencePenalty,
    stop: stopFor(conversation, limits, report),
    reasoning_effort: effortFor(conversation, limits, report),
  };
}

/**
 * One turn is several messages here: each tool's result is one, and pictures among results follow in a user message.
 */
function writeTurn({ role, parts }: Turn, limits: ModelLimits): JsonObject[] {
  if (role === 'instructions')
    return [{ role: 'system', content: content(parts.filter((part) => part.kind === 'text')) }];
  if (role === 'assistant') return writeAssistant(parts, limits);
  const messages: JsonObject[] = [];
  let own: (TextPart | ImagePart | FilePart)[] = [];
  const flush = () => {
    if (own.length > 0) messages.push({ role: 'user', content: content(own) });
    own = [];
  };
  for (const part of parts) {
    if (part.kind === 'result') {
      flush();
      messages.push(writeResult(part, limits));
      own.push(...part.parts.filter(({ kind }) => kind !== 'text'));
    } else if (part.kind === 'text' || part.kind === 'image' || part.kind === 'file') own.push(part);
  }
  flush();
  return orderResults(messages);
}

/** All results of one assistant message must follow it directly. */
function orderResults(messages: readonly JsonObject[]): JsonObject[] {
  const isResult = (message: JsonObject): boolean => message['role'] === 'tool';
  return [...messages.filter(isResult), ...messages.filter((message) => !isResult(message))];
}

/** No message where nothing is left: most servers refuse an empty message. */
function writeAssistant(parts: readonly Part[], limits: ModelLimits): JsonObject[] {
  const calls = parts.filter((part) => part.kind === 'call');
  const texts = parts.filter((part) => part.kind === 'text');
  const refusal = textOf(parts.filter((part) => part.kind === 'refusal'));
  const state = parts.flatMap((part) =>
    part.kind === 'state' && part.state.dialect === 'openai-chat' ? [part.state] : [],
  )[0];
  if (calls.length + texts.length === 0 && refusal === '') return [];
  return [
    {
      role: 'assistant',
      content: texts.length > 0 ? textOf(texts) : null,
      ...(refusal === '' ? {} : { refusal }),
      ...state?.message,
      ...(calls.length === 0
        ? {}
        : { tool_calls: calls.map((call, index) => ({ ...writeCall(call, limits), ...state?.calls[index] })) }),
    },
  ];
}

function writeCall({ id, name, arguments: text, isCustom }: CallPart, { callIdCharacters }: ModelLimits): JsonObject {
  const input = isCustom ? wrapCustomInput(text) : text;
  return { id: shortened(id, callIdCharacters), type: 'function', function: { name, arguments: input } };
}

function writeResult(result: ResultPart, { callIdCharacters }: ModelLimits): JsonObject {
  const content = textOfResult(withErrorInWords(result));
  return { role: 'tool', tool_call_id: shortened(result.callId, callIdCharacters), content };
}

/** Bare text where there is nothing else: many servers understand only that. */
function content(parts: readonly (TextPart | ImagePart | FilePart)[]): unknown {
  const texts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  return texts.length === parts.length ? texts.join('\n\n') : parts.map(writePart);
}

function writePart(part: TextPart | ImagePart | FilePart): JsonObject {
  if (part.kind === 'text') return { type: 'text', text: part.text };
  if (part.kind === 'image') return { type: 'image_url', image_url: said({ url: part.url, detail: part.detail }) };
  const { content: file, name } = part;
  if (file.kind === 'text') return { type: 'text', text: name === null ? file.text : `${name}:\n${file.text}` };
  if (file.kind === 'url')
    refuse('document', 'A document behind a URL cannot be carried to this model; send its data.');
  return { type: 'file', file: { filename: name ?? 'document.pdf', file_data: dataUrl(file.mediaType, file.base64) } };
}

function writeTool(tool: Tool, report: Report): JsonObject {
  const { name, kind, description } = tool;
  if (kind.type === 'function') {
    const parameters = openAiParameters(kind.schema, report);
    const strict = openAiStrict(kind.isStrict, parameters, report, 'tools.strict');
    return { type: 'function', function: said({ name, description, parameters, strict }) };
  }
  const { schema, hint } = customToolSchema(tool);
  return { type: 'function', function: said({ name, description: `${description ?? ''}${hint}`, parameters: schema }) };
}

function writeToolChoice(choice: ToolChoice): unknown {
  if (choice.kind === 'tool') return { type: 'function', function: { name: choice.name } };
  if (choice.kind === 'allowed') return choice.mustCallTool ? 'required' : 'auto';
  return choice.kind === 'any' ? 'required' : choice.kind;
}

function writeFormat(format: OutputFormat, report: Report): JsonObject {
  if (format.kind === 'json') return { type: 'json_object' };
  const { name, description, schema } = format;
  const strict = openAiStrict(format.isStrict, schema, report, "the schema's strictness");
  return { type: 'json_schema', json_schema: said({ name: name ?? 'answer', description, schema, strict }) };
}
