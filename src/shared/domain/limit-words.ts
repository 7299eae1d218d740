import { dayText } from '../day-text.ts';
import type { LocalKeyLimits, SwitchLane } from './local-key.ts';

const switchWords: Readonly<Record<SwitchLane, string | null>> = {
  never: null,
  ask: 'offers another lane',
  'if-cheaper': 'switches lanes if it costs no more',
};

/** A key's limits in a few words; empty where it has none. It expires when the day after its last one begins. */
export function limitWords({
  requestsPerMinute,
  tokensPerMinute,
  concurrency,
  models,
  expiresAtMs,
  maxCostUsd,
  waitMinutes,
  switchLane,
  stopsLoops,
}: LocalKeyLimits): string {
  const parts = [
    requestsPerMinute === null ? null : `${requestsPerMinute} ${requestsPerMinute === 1 ? 'request' : 'requests'}/min`,
    tokensPerMinute === null ? null : `${tokensPerMinute} ${tokensPerMinute === 1 ? 'token' : 'tokens'}/min`,
    concurrency === null ? null : `${concurrency} at once`,
    maxCostUsd === null ? null : `$${maxCostUsd} a request`,
    waitMinutes === null ? null : `waits ${waitMinutes} min for money`,
    switchWords[switchLane],
    stopsLoops ? 'stops loops' : null,
    models === null ? null : models.join(', '),
    expiresAtMs === null ? null : `until ${dayText(new Date(expiresAtMs - 1))}`,
  ];
  return parts.filter(Boolean).join(' · ');
}
