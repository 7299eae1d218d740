import type { Send } from '#proxy/upstream/send.ts';
import type { LocalServer } from '#shared/domain/provider.ts';
import { parseJson } from '#shared/dialects/json-value.ts';
import type { Clock } from '#shared/ports.ts';
import type { ProviderAdapter } from './adapter.ts';
import { within } from './within.ts';
import { ask } from './ask.ts';

/** On this machine an answer takes milliseconds; a slower server is asked again the next time. */
const timeoutMs = 1_000;

/** Looks for model servers on this machine. Concurrent calls share one search. */
export function createLocalDiscovery(
  clock: Clock,
  send: Send,
  adapters: readonly ProviderAdapter[],
): () => Promise<LocalServer[]> {
  let running: Promise<LocalServer[]> | null = null;
  return () =>
    (running ??= within(clock, timeoutMs, (signal) => discoverServers(send, adapters, signal)).finally(() => {
      running = null;
    }));
}

/** Model servers that answer on this machine at their usual port. Another program on such a port is not one. */
async function discoverServers(
  send: Send,
  adapters: readonly ProviderAdapter[],
  signal: AbortSignal,
): Promise<LocalServer[]> {
  const found = await Promise.all(adapters.map((adapter) => findServer(send, adapter, signal).catch(() => null)));
  return found.filter((server) => server !== null);
}

/** null: nothing answers there, or another program. Rejects as sockets do. */
async function findServer(send: Send, adapter: ProviderAdapter, signal: AbortSignal): Promise<LocalServer | null> {
  const { kind, name, origin, probe } = adapter;
  if (origin === null || !probe) return null;
  const answer = await askOpenly(send, origin + probe.path, signal);
  if (!probe.isIt(answer)) return null;
  const list = await askOpenly(send, origin + adapter.modelsPath, signal).catch(() => null);
  const models = list?.status === 200 ? adapter.parseModels(parseJson(list.text)) : null;
  return { kind, name, baseUrl: origin, models: models?.length ?? null };
}

function askOpenly(send: Send, url: string, signal: AbortSignal) {
  return ask(send, { url, headers: {}, body: null, mayBePrivate: true }, signal);
}
