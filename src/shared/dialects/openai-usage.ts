import { makeUsage, totalTokens, unitsOf, type Usage } from '../metering/usage.ts';
import { asArray, asCount, asObject, asText, type JsonObject } from './json-value.ts';

/**
 * Usage as chat completions and completions report it: cached, written and audio tokens are part of `prompt_tokens`;
 * reasoning and audio are part of `completion_tokens`, except with providers that add reasoning on top, which shows in
 * their own `total_tokens`. Parts never exceed their whole, so a false reply cannot lower the bill below zero.
 */
export function readChatUsage(reply: JsonObject): Usage | null {
  const usage = asObject(usageMember(reply));
  const prompt = asCount(usage?.['prompt_tokens']);
  if (!usage || prompt === null) return null;
  const completion = asCount(usage['completion_tokens']) ?? 0;
  const promptParts = asObject(usage['prompt_tokens_details']);
  const completionParts = asObject(usage['completion_tokens_details']);
  // DeepSeek and Moonshot say it beside the details.
  const cached =
    asCount(promptParts?.['cached_tokens']) ??
    asCount(usage['prompt_cache_hit_tokens']) ??
    asCount(usage['cached_tokens']) ??
    0;
  const reasoning = asCount(completionParts?.['reasoning_tokens']) ?? 0;
  const total = asCount(usage['total_tokens']);
  const isReasoningOnTop = reasoning > 0 && total === prompt + completion + reasoning;
  return splitUsage({
    input: prompt,
    cacheRead: cached,
    cacheWrite: asCount(promptParts?.['cache_write_tokens']) ?? 0,
    audioInput: asCount(promptParts?.['audio_tokens']) ?? 0,
    output: isReasoningOnTop ? completion + reasoning : completion,
    reasoning,
    outputAudio: asCount(completionParts?.['audio_tokens']) ?? 0,
    units: unitsOf({ webSearches: webSearchesOf(usage), serviceTier: asText(reply['service_tier']) }),
  });
}

/**
 * Google's chat completions leave thoughts out of `completion_tokens` and of its details: only the total has them
 * (ai.google.dev/gemini-api/docs/openai, "thinking"). They are billed as output.
 */
export function withUnexplainedThoughts(usage: Usage, unexplainedTokens: number, model: string): Usage {
  return /\bgemini-/i.test(model) ? { ...usage, outputReasoning: usage.outputReasoning + unexplainedTokens } : usage;
}

/** What the total has beyond prompt and completion. Cached input that was left out of the prompt explains as much. */
export function unexplainedChatTokens(reply: JsonObject): number {
  const usage = readChatUsage(reply);
  const total = asCount(asObject(usageMember(reply))?.['total_tokens']);
  if (!usage || total === null) return 0;
  const rest = Math.max(0, total - totalTokens(usage));
  const parts = asObject(asObject(usageMember(reply))?.['prompt_tokens_details']);
  const cached = asCount(parts?.['cached_tokens']) ?? 0;
  return rest === cached || rest === cached + usage.cacheWrite5m ? 0 : rest;
}

/** Whether the usage that was read lacks a plausible output count. */
export function lacksChatOutput(reply: JsonObject): boolean {
  return asCount(asObject(usageMember(reply))?.['completion_tokens']) === null;
}

/** The same for a response. */
export function lacksResponsesOutput(response: JsonObject): boolean {
  return asCount(asObject(response['usage'])?.['output_tokens']) === null;
}

/** Usage as the Responses API reports it: the same inclusions under other names. */
export function readResponsesUsage(response: JsonObject): Usage | null {
  const usage = asObject(response['usage']);
  const input = asCount(usage?.['input_tokens']);
  if (!usage || input === null) return null;
  const inputParts = asObject(usage['input_tokens_details']);
  return splitUsage({
    input,
    cacheRead: asCount(inputParts?.['cached_tokens']) ?? 0,
    cacheWrite: asCount(inputParts?.['cache_write_tokens']) ?? 0,
    audioInput: 0,
    output: asCount(usage['output_tokens']) ?? 0,
    reasoning: asCount(asObject(usage['output_tokens_details'])?.['reasoning_tokens']) ?? 0,
    outputAudio: 0,
    units: unitsOf({
      webSearches: countItems(response, isWebSearch),
      images: countItems(response, ({ type }) => type === 'image_generation_call'),
      serviceTier: asText(response['service_tier']),
    }),
  });
}

function countItems(response: JsonObject, counts: (item: JsonObject) => boolean): number {
  return asArray(response['output']).filter((value) => {
    const item = asObject(value);
    return item !== null && item['status'] !== 'failed' && counts(item);
  }).length;
}

/** Opening a result page, and searching for a word in it, are no web searches. */
function isWebSearch(item: JsonObject): boolean {
  const action = asText(asObject(item['action'])?.['type']);
  return item['type'] === 'web_search_call' && (action === null || action === 'search');
}

/** Web searches, as Messages and some sellers of chat completions count them. */
export function webSearchesOf(usage: JsonObject): number | null {
  return asCount(asObject(usage['server_tool_use'])?.['web_search_requests']);
}

interface InclusiveCounts {
  input: number;
  cacheRead: number;
  cacheWrite: number;
  audioInput: number;
  output: number;
  reasoning: number;
  outputAudio: number;
  units: Partial<Usage>;
}

function splitUsage(counts: InclusiveCounts): Usage {
  const cacheRead = Math.min(counts.cacheRead, counts.input);
  const cacheWrite5m = Math.min(counts.cacheWrite, counts.input - cacheRead);
  const audioInput = Math.min(counts.audioInput, counts.input - cacheRead - cacheWrite5m);
  const outputReasoning = Math.min(counts.reasoning, counts.output);
  const outputAudio = Math.min(counts.outputAudio, counts.output - outputReasoning);
  return makeUsage({
    freshInput: counts.input - cacheRead - cacheWrite5m - audioInput,
    cacheRead,
    cacheWrite5m,
    audioInput,
    outputText: counts.output - outputReasoning - outputAudio,
    outputReasoning,
    outputAudio,
    ...counts.units,
  });
}

/**
 * The usage member of a reply or chunk. Groq repeats it under `x_groq` in the last chunk, Moonshot has it in the last
 * choice.
 */
function usageMember(body: JsonObject): unknown {
  return body['usage'] ?? asObject(body['x_groq'])?.['usage'] ?? asObject(asArray(body['choices']).at(-1))?.['usage'];
}
