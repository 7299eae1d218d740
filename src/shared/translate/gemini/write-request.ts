import type { JsonObject } from '../../dialects/json-value.ts';
import {
  allowedTools,
  type Conversation,
  hasCacheMarkers,
  type OutputFormat,
  type Tool,
  type ToolChoice,
  withInstructionsInUserTurns,
} from '../conversation.ts';
import { customToolSchema } from '../custom-tools.ts';
import { limitsOf, type ModelLimits } from '../model-limits.ts';
import { type Report, said } from '../report.ts';
import { checkToolCount, penaltiesFor, reportNameAndDetail, samplingFor, seedFor, stopFor } from '../write-limits.ts';
import { writeThinking } from './thinking.ts';
import { writeContents } from './write-contents.ts';

/**
 * The conversation as a `generateContent` request. The model and the form of the answer are part of its path, not of
 * its body.
 */
export function writeGeminiRequest(conversation: Conversation, report: Report): JsonObject {
  const { model, instructions, tools, toolChoice } = conversation;
  const limits = limitsOf('gemini', model);
  const turns = withInstructionsInUserTurns(conversation.turns);
  reportLeftOut(conversation, report);
  checkToolCount(tools, limits);
  const config = writeConfig(conversation, limits, report);
  return said({
    systemInstruction: instructions.length > 0 ? { parts: instructions.map(({ text }) => ({ text })) } : null,
    contents: writeContents(turns, limits),
    tools:
      tools.length > 0 ? [{ functionDeclarations: allowedTools(tools, looseChoice(toolChoice)).map(writeTool) }] : null,
    toolConfig: toolChoice && tools.length > 0 ? { functionCallingConfig: writeToolChoice(toolChoice) } : null,
    generationConfig: Object.keys(config).length > 0 ? config : null,
  });
}

function reportLeftOut(conversation: Conversation, report: Report): void {
  const { isParallel, tools, userId, cacheKey, serviceTier, verbosity, metadata } = conversation;
  if (hasCacheMarkers(conversation)) report.leaveOut('cache_control');
  if (isParallel === false && tools.length > 0) report.leaveOut('parallel_tool_calls');
  if (userId !== null) report.leaveOut('user');
  if (cacheKey !== null) report.leaveOut('prompt_cache_key');
  if (serviceTier !== null) report.leaveOut('service_tier');
  if (verbosity !== null) report.leaveOut('verbosity');
  if (metadata !== null) report.leaveOut('metadata');
  if (tools.some(({ kind }) => kind.type === 'function' && kind.isStrict === true)) report.leaveOut('tools.strict');
  reportNameAndDetail(conversation, report);
}

function writeConfig(conversation: Conversation, limits: ModelLimits, report: Report): JsonObject {
  const { maxOutputTokens, topK, format, seed } = conversation;
  const { temperature, topP } = samplingFor(conversation, limits, report);
  return said({
    maxOutputTokens,
    temperature,
    topP,
    topK,
    seed: seedFor(conversation, limits.takesSeed && isShort(seed), report),
    ...penaltiesFor(conversation, limits, report),
    stopSequences: stopFor(conversation, limits, report),
    ...(format ? writeFormat(format) : {}),
    thinkingConfig: writeThinking(conversation, report),
  });
}

/** Google's seed has 32 bits. */
function isShort(seed: number | null): boolean {
  return seed !== null && (seed | 0) === seed;
}

function writeFormat(format: OutputFormat): JsonObject {
  const schema = format.kind === 'schema' ? { responseJsonSchema: format.schema } : {};
  return { responseMimeType: 'application/json', ...schema };
}

function writeTool(tool: Tool): JsonObject {
  const { name, description, kind } = tool;
  if (kind.type === 'function') return said({ name, description, parametersJsonSchema: kind.schema });
  const { schema, hint } = customToolSchema(tool);
  return { name, description: `${description ?? ''}${hint}`, parametersJsonSchema: schema };
}

/** Only a choice that must call something can name several functions; for any other the rest are left out. */
function looseChoice(choice: ToolChoice | null): ToolChoice | null {
  return choice?.kind === 'allowed' && choice.mustCallTool ? null : choice;
}

function writeToolChoice(choice: ToolChoice): JsonObject {
  if (choice.kind === 'tool') return { mode: 'ANY', allowedFunctionNames: [choice.name] };
  if (choice.kind === 'allowed')
    return choice.mustCallTool ? { mode: 'ANY', allowedFunctionNames: choice.names } : { mode: 'AUTO' };
  return { mode: choice.kind.toUpperCase() };
}
