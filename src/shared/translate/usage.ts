import type { JsonObject } from '../dialects/json-value.ts';
import { inputTokens, outputTokens, type Usage } from '../metering/usage.ts';

/**
 * Usage as each dialect counts it: chat and Responses include every kind of input in one sum, Messages keeps them
 * apart, Gemini adds thoughts to the rest of the output.
 */

export function chatUsage(usage: Usage): JsonObject {
  const [prompt, completion] = [inputTokens(usage), outputTokens(usage)];
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      cache_write_tokens: written,
      audio_tokens: usage.audioInput,
    },
    completion_tokens_details: { reasoning_tokens: usage.outputReasoning, audio_tokens: usage.outputAudio },
  };
}

export function responsesUsage(usage: Usage): JsonObject {
  const [input, output] = [inputTokens(usage), outputTokens(usage)];
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheRead,
      cache_write_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.outputReasoning },
    total_tokens: input + output,
  };
}

export function messagesUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.freshInput + usage.audioInput + usage.imageInput,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite5m, ephemeral_1h_input_tokens: usage.cacheWrite1h },
    output_tokens: outputTokens(usage),
    output_tokens_details: { thinking_tokens: usage.outputReasoning },
    inference_geo: null,
    server_tool_use: null,
    service_tier: null,
    speed: null,
  };
}

export function geminiUsage(usage: Usage): JsonObject {
  return {
    promptTokenCount: inputTokens(usage),
    ...(usage.cacheRead > 0 ? { cachedContentTokenCount: usage.cacheRead } : {}),
    candidatesTokenCount: usage.outputText + usage.outputAudio,
    ...(usage.outputReasoning > 0 ? { thoughtsTokenCount: usage.outputReasoning } : {}),
    totalTokenCount: inputTokens(usage) + outputTokens(usage),
  };
}

/** Ollama counts neither caches nor thoughts apart. */
export function ollamaUsage(usage: Usage): JsonObject {
  return { prompt_eval_count: inputTokens(usage), eval_count: outputTokens(usage) };
}
