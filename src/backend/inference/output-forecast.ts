/** How much output recent answers needed, by model: the share of an output limit that is worth reserving at first. */
export interface OutputForecast {
  /** Tokens to reserve for the next answer of this model. */
  of(slug: string): number;
  recordResult(slug: string, outputTokens: number): void;
}

const leastTokens = 512;
const mostTokens = 8192;
const headroom = 1.5;
/** Weight of the newest answer in the moving average. */
const newestShare = 0.1;

export function createOutputForecast(): OutputForecast {
  const means = new Map<string, number>();
  return {
    of: (slug) => Math.min(mostTokens, Math.max(leastTokens, Math.ceil((means.get(slug) ?? 0) * headroom))),
    recordResult(slug, outputTokens) {
      const mean = means.get(slug);
      means.set(slug, mean === undefined ? outputTokens : mean + (outputTokens - mean) * newestShare);
    },
  };
}
