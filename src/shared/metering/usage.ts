import { z } from 'zod';

/**
 * What a call consumed, in tokens, in buckets that never overlap: their sum is the provider's own total.
 * Each dialect knows what its counts include and subtracts accordingly.
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

/** What is counted beside tokens, one by one. */
export const usageUnits = ['webSearches', 'images'] as const;
export type UsageUnit = (typeof usageUnits)[number];

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
  /** Web searches that the provider made for it. Absent: none were reported. */
  webSearches: tokenCount.exactOptional(),
  /** Pictures that were made. Absent: none were reported. */
  images: tokenCount.exactOptional(),
  /** The service tier in which the provider says it answered, such as `flex`. Absent: its standard tier. */
  serviceTier: z.string().min(1).max(40).exactOptional(),
});
export type Usage = Readonly<z.infer<typeof usageSchema>>;

/** Who counted: the provider, Corvus from the relayed output, or neither. */
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

/** The sum of everything that was consumed. The tiers of the parts do not apply to the sum. */
export function sumUsage(usages: readonly Usage[]): Usage {
  const total = (count: (usage: Usage) => number): number => usages.reduce((sum, usage) => sum + count(usage), 0);
  const tokens = usageBuckets.map((bucket) => [bucket, total((usage) => usage[bucket])]);
  const units = usageUnits
    .map((unit) => [unit, total((usage) => usage[unit] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return makeUsage(Object.fromEntries([...tokens, ...units]));
}

/** The members with counts besides tokens, if there are any. */
export function unitsOf(counts: {
  webSearches?: number | null;
  images?: number | null;
  serviceTier?: string | null;
}): Partial<Usage> {
  const { webSearches, images, serviceTier } = counts;
  return {
    ...(webSearches ? { webSearches } : {}),
    ...(images ? { images } : {}),
    ...(serviceTier && !standardTiers.has(serviceTier) ? { serviceTier: serviceTier.slice(0, 40) } : {}),
  };
}

/** Providers' names for the tier with the model's own prices. No provider reports `auto`. */
const standardTiers: ReadonlySet<string> = new Set(['default', 'standard', 'auto']);

export function inputTokens(usage: Usage): number {
  return (
    usage.freshInput + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h + usage.audioInput + usage.imageInput
  );
}

export function outputTokens(usage: Usage): number {
  return usage.outputText + usage.outputReasoning + usage.outputAudio;
}

export function totalTokens(usage: Usage): number {
  return inputTokens(usage) + outputTokens(usage);
}
