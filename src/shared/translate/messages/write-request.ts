import { asObject, type JsonObject, parseExactJson } from '../../dialects/json-value.ts';
import {
  allowedTools,
  type Conversation,
  type FilePart,
  type ImagePart,
  markedInstructions,
  type Part,
  textPart,
  type TextPart,
  type Tool,
  type ToolChoice,
  type Turn,
} from '../conversation.ts';
import { customToolSchema, wrapCustomInput } from '../custom-tools.ts';
import { readDataUrl } from '../data-url.ts';
import { callIdFor } from './call-id.ts';
import { closedSchema } from './closed-schema.ts';
import { limitsOf, type ModelLimits } from '../model-limits.ts';
import { refuse, type Report, said } from '../report.ts';
import { shortened } from '../short-names.ts';
import { reportNameAndDetail, reportSeedAndPenalties, samplingFor } from '../write-limits.ts';
import { writeThinking } from './thinking.ts';

/** Messages requires a limit. Every model that is still served may write this much. */
const defaultMaxTokens = 32_000;
const jsonInstruction = 'Answer with one JSON object and nothing else.';

/** The conversation as a Messages request. */
export function writeMessagesRequest(conversation: Conversation, report: Report): JsonObject {
  const { model, tools, toolChoice, isParallel, isStream, userId, format } = conversation;
  const stop = conversation.stop.filter((text) => text.trim() !== '');
  const limits = limitsOf('anthropic-messages', model);
  reportLeftOut(conversation, report);
  const maxTokens = conversation.maxOutputTokens ?? defaultMaxTokens;
  const thinking = mayThink(conversation) ? writeThinking(model, conversation.effort, maxTokens) : null;
  if (conversation.effort !== null && !thinking) report.leaveOut('reasoning effort');
  const asked = format?.kind === 'json' ? [textPart(jsonInstruction)] : [];
  const system = [...conversation.instructions, ...asked].filter(({ text }) => !isBlank(text));
  const config = said({
    effort: thinking?.effort,
    format: format?.kind === 'schema' ? writeFormat(format.schema, report) : null,
  });
  return said({
    model,
    max_tokens: maxTokens,
    system: system.length > 0 ? system.map(writePart) : null,
    tools: tools.length > 0 ? allowedTools(tools, toolChoice).map((tool) => writeTool(tool, report)) : null,
    messages: writeTurns(conversation.turns, report),
    tool_choice: tools.length > 0 ? writeToolChoice(toolChoice, isParallel) : null,
    ...writeSampling(conversation, limits, thinking !== null && thinking.thinking['type'] !== 'disabled', report),
    stop_sequences: stop.length > 0 ? stop : null,
    thinking: thinking?.thinking,
    output_config: Object.keys(config).length > 0 ? config : null,
    metadata: userId === null ? null : { user_id: shortened(userId, limits.userCharacters) },
    service_tier:
      conversation.serviceTier === 'default' || conversation.serviceTier === 'standard_only'
        ? 'standard_only'
        : conversation.serviceTier === 'auto'
          ? 'auto'
          : null,
    stream: isStream ? true : null,
  });
}

/** What Messages cannot express. */
function reportLeftOut(conversation: Conversation, report: Report): void {
  const { tools, toolChoice, stop, verbosity, cacheKey, serviceTier, format, metadata } = conversation;
  if (metadata !== null) report.leaveOut('metadata');
  if (verbosity !== null) report.leaveOut('verbosity');
  if (cacheKey !== null) report.leaveOut('prompt_cache_key');
  if (serviceTier !== null && !['default', 'auto', 'standard_only'].includes(serviceTier))
    report.leaveOut('service_tier');
  if (stop.some((text) => text.trim() === '')) report.leaveOut('blank stop sequences');
  if (toolChoice && tools.length === 0) report.leaveOut('tool_choice');
  if (format?.kind === 'json') report.leaveOut('response_format');
  reportSeedAndPenalties(conversation, report);
  reportNameAndDetail(conversation, report);
}

/**
 * Messages refuses to continue thinking in the middle of tool calls without the earlier signed thoughts, and also if
 * the request begins the answer or chooses the tool.
 */
function mayThink({ turns, toolChoice }: Conversation): boolean {
  const isForced = toolChoice !== null && toolChoice.kind !== 'auto' && toolChoice.kind !== 'none';
  const last = turns.findLast(({ role }) => role !== 'instructions');
  const isAnsweringTool = last?.parts.some(({ kind }) => kind === 'result') ?? false;
  const asked = turns.findLast(({ role }) => role === 'assistant');
  const isSigned = asked?.parts.some(({ kind }) => kind === 'state') ?? false;
  return !isForced && (!isAnsweringTool || isSigned) && last?.role !== 'assistant';
}

function writeSampling(
  conversation: Conversation,
  limits: ModelLimits,
  isThinking: boolean,
  report: Report,
): JsonObject {
  const sampling = isThinking ? 'none' : limits.sampling;
  const { temperature, topP } = samplingFor(conversation, { ...limits, sampling }, report);
  const topK = sampling === 'none' ? null : conversation.topK;
  if (topK !== conversation.topK) report.leaveOut('top_k');
  if (temperature !== null && temperature > 1) report.leaveOut('temperature above 1');
  return { temperature: temperature === null ? null : Math.min(temperature, 1), top_p: topP, top_k: topK };
}

/** Roles must alternate, and the user begins. Instructions in the middle keep their place, marked as instructions. */
function writeTurns(turns: readonly Turn[], report: Report): JsonObject[] {
  const messages: { role: string; content: JsonObject[] }[] = [];
  for (const [index, { role, parts }] of turns.entries()) {
    if (role === 'instructions') report.leaveOut(`the system role of message ${index}`);
    const isLast = index === turns.length - 1;
    const blocks = orderBlocks(parts).flatMap((part) =>
      writeBlock(role === 'instructions' ? markedInstructions(part) : part, role === 'assistant' && isLast),
    );
    const written = role === 'assistant' ? role : 'user';
    const last = messages.at(-1);
    if (blocks.length === 0) continue;
    if (last?.role === written) last.content.push(...blocks);
    else messages.push({ role: written, content: blocks });
  }
  // Needed even if there are only instructions.
  if (messages[0]?.role !== 'user')
    messages.unshift({ role: 'user', content: [{ type: 'text', text: '(The conversation begins here.)' }] });
  return messages;
}

/** Results come before anything else the user says. */
function orderBlocks(parts: readonly Part[]): Part[] {
  return [...parts.filter(({ kind }) => kind === 'result'), ...parts.filter(({ kind }) => kind !== 'result')];
}

function writeBlock(part: Part, isPrefill: boolean): JsonObject[] {
  switch (part.kind) {
    case 'text': {
      // A prefill that ends in a space is not accepted.
      const text = isPrefill ? part.text.trimEnd() : part.text;
      return isBlank(text) ? [] : [writePart({ ...part, text })];
    }
    case 'state':
      return part.state.dialect === 'anthropic-messages' ? part.state.blocks : [];
    case 'refusal':
      return isBlank(part.text) ? [] : [{ type: 'text', text: part.text }];
    case 'call': {
      const text = part.isCustom ? wrapCustomInput(part.arguments) : part.arguments;
      const input = text.trim() === '' ? {} : asObject(parseExactJson(text));
      if (!input)
        return refuse(
          'tool_calls',
          `The arguments of the call "${part.id}" are not a JSON object, and this model takes nothing else.`,
        );
      return [withCache({ type: 'tool_use', id: callIdFor(part.id), name: part.name, input }, part.cache)];
    }
    case 'result': {
      const content = part.parts.filter((inner) => inner.kind !== 'text' || !isBlank(inner.text)).map(writePart);
      const result = {
        type: 'tool_result',
        tool_use_id: callIdFor(part.callId),
        content,
        ...(part.isError ? { is_error: true } : {}),
      };
      return [withCache(result, part.cache)];
    }
    default:
      return [writePart(part)];
  }
}

/** A text of nothing but spaces is not accepted. Models say one before they call a tool. */
function isBlank(text: string): boolean {
  return text.trim() === '';
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
  if (content.mediaType !== 'application/pdf')
    return refuse('file', `This model reads PDF and plain text, not ${content.mediaType}.`);
  return { type: 'base64', media_type: content.mediaType, data: content.base64 };
}

function withCache(block: JsonObject, cache: JsonObject | null): JsonObject {
  return cache ? { ...block, cache_control: cache } : block;
}

function writeFormat(schema: JsonObject, report: Report): JsonObject {
  return { type: 'json_schema', schema: closedSchema(schema, (name) => report.leaveOut(`the schema's ${name}`)) };
}

function writeTool(tool: Tool, report: Report): JsonObject {
  const { name, description, kind, cache } = tool;
  const isFunction = kind.type === 'function';
  const custom = isFunction ? null : customToolSchema(tool);
  const given = custom?.schema ?? (isFunction ? kind.schema : null) ?? {};
  const strict = isFunction && kind.isStrict === true ? true : null;
  const schema = strict ? closedSchema(given, (limit) => report.leaveOut(`tools.parameters.${limit}`)) : given;
  const text = `${description ?? ''}${custom?.hint ?? ''}`;
  return withCache(
    said({ name, description: text === '' ? null : text, input_schema: { type: 'object', ...schema }, strict }),
    cache,
  );
}

function writeToolChoice(choice: ToolChoice | null, isParallel: boolean | null): JsonObject | null {
  const single = isParallel === false ? { disable_parallel_tool_use: true } : {};
  if (choice?.kind === 'none') return { type: 'none' };
  if (choice?.kind === 'tool') return { type: 'tool', name: choice.name, ...single };
  const isForced = choice?.kind === 'any' || (choice?.kind === 'allowed' && choice.mustCallTool);
  if (!choice && isParallel !== false) return null;
  return { type: isForced ? 'any' : 'auto', ...single };
}
