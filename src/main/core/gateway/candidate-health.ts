import { type CredentialHealth, freshHealth, healthAfter } from '#proxy/credential-pool.ts';
import type { Attempt } from '#shared/domain/request.ts';

/** What recent calls taught about who is able to answer. */
export interface CandidateHealth {
  learn(attempts: readonly Attempt[], models: readonly string[], nowMs: number): void;
  /** The same candidates, those that failed lately behind the others. */
  order<Candidate extends { provider: string; model: string }>(candidates: readonly Candidate[], nowMs: number): Candidate[];
}

export function createCandidateHealth(): CandidateHealth {
  const known = new Map<string, CredentialHealth>();
  const keyOf = (provider: string, model: string): string => `${provider}\n${model}`;
  return {
    learn(attempts, models, nowMs) {
      for (const { number, provider, httpStatus } of attempts) {
        const key = keyOf(provider, models[number - 1] ?? '');
        const next = healthAfter(known.get(key) ?? freshHealth, { httpStatus, nowMs, retryAfterMs: null });
        if (next === freshHealth) known.delete(key);
        else known.set(key, next);
      }
    },
    order(candidates, nowMs) {
      const isWell = ({ provider, model }: { provider: string; model: string }): boolean =>
        (known.get(keyOf(provider, model)) ?? freshHealth).coolUntilMs <= nowMs;
      return [...candidates.filter(isWell), ...candidates.filter((candidate) => !isWell(candidate))];
    },
  };
}
