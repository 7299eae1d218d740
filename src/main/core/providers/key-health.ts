import type { UpstreamSelector } from '#proxy/upstream/upstream-selector.ts';
import type { ProviderKey } from '#shared/domain/provider.ts';
import type { ProviderId } from '#shared/ids.ts';
import type { ProviderKeyRecord } from '../store/records.ts';

/** Under which the circuit breaker knows a key of a provider for one model. A replaced key starts fresh. */
export function healthKey(
  id: ProviderId,
  key: Pick<ProviderKeyRecord, 'name' | 'storedAtMs'> | null,
  model: string,
): string {
  return prefixOf(id, key) + model;
}

function prefixOf(id: ProviderId, key: Pick<ProviderKeyRecord, 'name' | 'storedAtMs'> | null): string {
  return `${id}/${key?.name ?? ''}/${key?.storedAtMs ?? ''}\n`;
}

/** The provider of such a key; null for an upstream of the account. */
export function providerOfHealthKey(text: string): string | null {
  return /^([a-z0-9-]+)\//.exec(text)?.[1] ?? null;
}

/**
 * What the last calls with a key showed, over all models: it cools down until it can be asked for each of them again.
 */
export function healthOfKey(
  selector: Pick<UpstreamSelector, 'failing'>,
  id: ProviderId,
  key: ProviderKeyRecord,
  nowMs: number,
): ProviderKey['health'] {
  const prefix = prefixOf(id, key);
  const failing = selector.failing(prefix);
  const untilMs = Math.max(0, ...failing.map(({ health }) => health.coolUntilMs));
  const [newest] = failing
    .flatMap(({ key: known, health: { lastFailure } }) =>
      lastFailure ? [{ ...lastFailure, model: known.slice(prefix.length) }] : [],
    )
    .sort((a, b) => b.atMs - a.atMs);
  return { coolingUntilMs: untilMs > nowMs ? untilMs : null, lastFailure: newest ?? null };
}
