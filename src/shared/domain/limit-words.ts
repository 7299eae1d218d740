import type { LocalKeyLimits } from './local-key.ts';

/** A key's limits in a few words; empty where it has none. */
export function limitWords({
  requestsPerMinute,
  tokensPerMinute,
  concurrency,
  models,
  expiresAtMs,
  maxCostUsd,
  waitMinutes,
  stopsLoops,
}: LocalKeyLimits): string {
  const parts = [
    requestsPerMinute === null ? null : `${requestsPerMinute} requests/min`,
    tokensPerMinute === null ? null : `${tokensPerMinute} tokens/min`,
    concurrency === null ? null : `${concurrency} at once`,
    maxCostUsd === null ? null : `$${maxCostUsd} a request`,
    waitMinutes === null ? null : `waits ${waitMinutes} min for money`,
    stopsLoops ? 'stops loops' : null,
    models === null ? null : models.join(', '),
    expiresAtMs === null ? null : `until ${new Date(expiresAtMs).toISOString().slice(0, 10)}`,
  ];
  return parts.filter(Boolean).join(' · ');
}
