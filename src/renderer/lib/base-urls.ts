import { useCorvusQuery } from './query.ts';

export interface BaseUrls {
  openai: string;
  anthropic: string;
}

/** The addresses to put into tools; null until the core said where it listens. */
export function useBaseUrls(): BaseUrls | null {
  const gateway = useCorvusQuery('app.status', undefined).data?.gatewayUrl;
  return gateway ? { openai: `${gateway}/v1`, anthropic: `${gateway}/anthropic` } : null;
}
