import { makeUsage, unitsOf, type Usage } from '../metering/usage.ts';
import { asArray, asCount, asObject, asText, type JsonObject } from './json-value.ts';

/**
 * Usage as Gemini reports it: cached tokens and tokens by modality are part of `promptTokenCount`; what its own tools
 * read comes on top of it, and thoughts on top of `candidatesTokenCount`. `totalTokenCount` is the sum of the four:
 * where one of the output counts is missing, the total has it.
 */
export function readGeminiUsage(reply: JsonObject): Usage | null {
  const usage = asObject(reply['usageMetadata']);
  const prompt = asCount(usage?.['promptTokenCount']);
  const toolUse = asCount(usage?.['toolUsePromptTokenCount']) ?? 0;
  if (!usage || prompt === null) return null;
  const said = asCount(usage['candidatesTokenCount']);
  const thought = asCount(usage['thoughtsTokenCount']);
  const total = asCount(usage['totalTokenCount']);
  const rest = total === null ? 0 : Math.max(0, total - prompt - toolUse - (said ?? 0) - (thought ?? 0));
  // Whatever the total has beyond the counted output is the part that was not counted.
  const output = (said ?? 0) + (said === null ? rest : 0);
  const cacheRead = Math.min(asCount(usage['cachedContentTokenCount']) ?? 0, prompt);
  const audioInput = Math.min(
    audioIn(usage['promptTokensDetails']) - audioIn(usage['cacheTokensDetails']),
    prompt - cacheRead,
  );
  const outputAudio = Math.min(audioIn(usage['candidatesTokensDetails']), output);
  return makeUsage({
    freshInput: prompt - cacheRead - Math.max(0, audioInput) + toolUse,
    cacheRead,
    audioInput: Math.max(0, audioInput),
    outputText: output - outputAudio,
    outputAudio,
    outputReasoning: (thought ?? 0) + (said === null ? 0 : rest),
    ...unitsOf({ webSearches: searchesOf(reply), serviceTier: asText(usage['serviceTier'])?.toLowerCase() ?? null }),
  });
}

/** Models before Gemini 3 pay for a prompt that was grounded, however many searches that took. */
const paidByPrompt = /^gemini-(1|2)[.-]/;

/** Searches as Google bills them. Every chunk that has them has all so far. */
function searchesOf(reply: JsonObject): number {
  const queries = asArray(reply['candidates']).flatMap((candidate) =>
    asArray(asObject(asObject(candidate)?.['groundingMetadata'])?.['webSearchQueries']),
  );
  const count = new Set(queries.filter((query) => query !== '')).size;
  return paidByPrompt.test(asText(reply['modelVersion']) ?? '') ? Math.min(count, 1) : count;
}

/** The later usage of a stream. Searches stay known where a later chunk does not repeat them. */
export function laterGeminiUsage(known: Usage | null, later: Usage | null): Usage | null {
  const webSearches = Math.max(known?.webSearches ?? 0, later?.webSearches ?? 0);
  return later ? { ...later, ...unitsOf({ webSearches, serviceTier: later.serviceTier ?? null }) } : known;
}

/** Whether nothing in the usage says how much was answered. */
export function lacksGeminiOutput(reply: JsonObject): boolean {
  const usage = asObject(reply['usageMetadata']);
  return asCount(usage?.['candidatesTokenCount']) === null && asCount(usage?.['totalTokenCount']) === null;
}

function audioIn(details: unknown): number {
  return asArray(details).reduce<number>((sum, value) => {
    const detail = asObject(value);
    return detail?.['modality'] === 'AUDIO' ? sum + (asCount(detail['tokenCount']) ?? 0) : sum;
  }, 0);
}
