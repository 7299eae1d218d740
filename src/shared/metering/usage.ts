import { z } from 'zod';

/**
 * What a call consumed, in tokens, in buckets that never overlap: their sum is the provider's own total.
 * Each dialect says what its counts include and subtracts accordingly.
 */
export const usageBuckets = [
  'freshInput',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'audioInput',
  'imageInput',
  'outputText',
  'outputReasoning',
  'outputAudio',
] as const;

export type UsageBucket = (typeof usageBuckets)[number];

const tokenCount = z.int().nonnegative();

export const usageSchema = z.strictObject({
  freshInput: tokenCount,
  cacheRead: tokenCount,
  cacheWrite5m: tokenCount,
  cacheWrite1h: tokenCount,
  audioInput: tokenCount,
  imageInput: tokenCount,
  outputText: tokenCount,
  outputReasoning: tokenCount,
  outputAudio: tokenCount,
});
export type Usage = Readonly<z.infer<typeof usageSchema>>;

/** Who counted: the provider, Corvus from what was relayed, or nobody. */
export const usageSourceSchema = z.enum(['provider', 'estimated', 'missing']);
export type UsageSource = z.infer<typeof usageSourceSchema>;

const noUsage: Usage = {
  freshInput: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  audioInput: 0,
  imageInput: 0,
  outputText: 0,
  outputReasoning: 0,
  outputAudio: 0,
};

export function makeUsage(parts: Partial<Usage>): Usage {
  return { ...noUsage, ...parts };
}

export function inputTokens(usage: Usage): number {
  return usage.freshInput + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h + usage.audioInput + usage.imageInput;
}

export function outputTokens(usage: Usage): number {
  return usage.outputText + usage.outputReasoning + usage.outputAudio;
}

export function totalTokens(usage: Usage): number {
  return inputTokens(usage) + outputTokens(usage);
}
