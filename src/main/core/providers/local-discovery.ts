import type { LocalServer } from '#shared/domain/provider.ts';
import type { Clock } from '../ports.ts';
import type { ProviderAdapter } from './adapter.ts';
import { discoverServers } from './discover-servers.ts';
import { within } from './within.ts';

/** On this machine an answer takes milliseconds; whoever takes longer is asked again the next time. */
const timeoutMs = 1_000;

/** Looks for model servers on this machine. Several who ask at once share one look. */
export function createLocalDiscovery(clock: Clock, adapters: readonly ProviderAdapter[]): () => Promise<LocalServer[]> {
  let running: Promise<LocalServer[]> | null = null;
  return () =>
    (running ??= within(clock, timeoutMs, (signal) => discoverServers(adapters, signal)).finally(() => {
      running = null;
    }));
}
