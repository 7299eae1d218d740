import type { Engine } from '#proxy/upstream/engine.ts';
import { createNetwork, type Network } from '#proxy/network/create-network.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { createUpstreamSelector } from '#proxy/upstream/upstream-selector.ts';
import { createRequestIds } from '#proxy/request/request-ids.ts';
import type { RequestId } from '#shared/ids.ts';
import { createLatePriceBook, parseCatalogue, type PriceBook } from '#shared/metering/price-catalogue.ts';
import shippedCatalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import type { Provider } from '#shared/domain/provider.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Clock } from '#shared/ports.ts';
import type { Core, CoreOptions } from './core.ts';
import type { Emit } from './emit.ts';
import type { OllamaAddress } from './app/settings-service.ts';
import { createGateway, type Gateway } from './gateway/create-gateway.ts';
import { createInference } from './gateway/create-inference.ts';
import { withStoredAnswers } from './gateway/stored-answers.ts';
import { createServices, type Services } from './handlers.ts';
import { isOwnOrigin } from './providers/base-url.ts';
import { orNextFree, portCheck, portOf } from './gateway-port.ts';
import { createKeyLimits } from './keys/key-limits.ts';
import { createLocalKeyRing } from './keys/local-key-ring.ts';
import { providerOfHealthKey } from './providers/key-health.ts';
import type { Ports } from './ports.ts';
import type { Store } from './store/store.ts';

export interface CoreParts {
  options: CoreOptions;
  ports: Ports;
  store: Store;
  emit: Emit;
}

/** All parts of the desktop engine but its store, which it leaves open. */
export interface AssembledCore extends Pick<Core, 'start' | 'stop' | 'resetConnections'> {
  readonly services: Services;
}

/** Composition root of the desktop engine: all its parts are created here. */
export async function assembleCore({ options, ports, store, emit }: CoreParts): Promise<AssembledCore> {
  const { clock, logger } = ports;
  const { withSandbox, version, dashboard = null } = options;
  const prices = shippedPrices(clock);
  const keys = createLocalKeyRing(clock.nowMs);
  const network = networkFor(ports, ownOrigins);
  const send = createSend(network);
  let gatewayUrl: string | null = null;
  let gateway: Gateway | null = null;
  const ollama: OllamaAddress = {
    listen: async (port) => gateway?.ollamaPort.listen(port),
    state: () => gateway?.ollamaPort.state() ?? null,
  };
  const { nowMs } = clock;
  const onChange = healthReporter(emit);
  const selector = createUpstreamSelector({ account: 'caller', nowMs, random: ports.random, onChange });
  const shared = {
    ports,
    store,
    prices,
    network,
    send,
    emit,
    version,
    selector,
    checkPort: portCheck(() => gatewayUrl),
  };
  const services = await createServices({ ...shared, ring: keys, gatewayUrl: () => gatewayUrl, ownOrigins, ollama });

  const { account, providers, routing, refusals, handlers, settings, placePrices, estimate } = services;
  const engine: Engine = { send, clock, upstreamAccount: 'caller', random: ports.random };
  const newRequestId = createRequestIds(clock, ports.random);
  const firstByteTimeouts = () => settings().firstByteTimeouts;
  const facts = { prices, placePrices, routing: routing.current, providers, account, selector, firstByteTimeouts };
  const limits = createKeyLimits(nowMs);
  const calls = createInference({ ...store, ...services, ports, facts, keys, limits, engine, newRequestId });
  const service = withStoredAnswers(calls, { ...store, ...facts, keys, limits, refusals });
  const listModels = async () => (await handlers['models.list'](undefined)).models;
  const readRequest = (id: RequestId) => handlers['requests.get']({ id }).catch(nullIfNotFound);
  const refuseOllamaPort = (port: number) => refuseProvidersPort(port, providers.current());
  const served = { ports, engine, newRequestId, service, refusals, keys, listModels, estimate, dashboard };
  const listening = createGateway({ ...served, readAccount: account.snapshot, readRequest, refuseOllamaPort });
  gateway = listening;

  function ownOrigins(): string[] {
    return [gatewayUrl, ollama.state()?.url ?? null].filter((origin) => origin !== null);
  }

  return {
    services,
    async start() {
      // Before the first call can arrive: it must find its key and its lane, and no row that a crash left open.
      await services.start({ withSandbox });
      const port = portOf(options.port, settings());
      gatewayUrl = await orNextFree(port, () => listening.listen(port));
      if (port !== settings().port && options.port.from === 'setting') await handlers['settings.set']({ port });
      logger.info('listening', { gatewayUrl });
      await listening.ollamaPort.start(settings().ollamaPort);
      if (options.port.from === 'setting') await services.followPort();
      return { gatewayUrl };
    },
    async stop() {
      services.parking.stop();
      await listening.close();
      await services.stop();
      await network.close();
    },
    resetConnections: network.reset,
  };
}

function networkFor({ userSpace, clock }: Ports, ownOrigins: () => readonly string[]): Network {
  const isOwn = (url: string) => isOwnOrigin(url, ownOrigins());
  return createNetwork({ environment: userSpace.environment, nowMs: clock.nowMs, isOwn });
}

function nullIfNotFound(error: unknown): null {
  if (error instanceof CorvusError && error.code === 'not_found') return null;
  throw error;
}

const readPricesAfterMs = 500;

/** Read when the start is over, so that neither it nor the first call waits for them. */
function shippedPrices({ after }: Clock): PriceBook {
  const prices = createLatePriceBook(() => parseCatalogue(shippedCatalogue));
  after(readPricesAfterMs, () => void prices.version);
  return prices;
}

/** Pages show the health of each key. */
function healthReporter(emit: Emit): (key: string) => void {
  return (key) => {
    const id = providerOfHealthKey(key);
    if (id !== null) emit('providers.changed', { ids: [id] });
  };
}

/** Throws `conflict` for a port where a provider is: calls to it would come back here. */
function refuseProvidersPort(port: number, providers: readonly Pick<Provider, 'id' | 'baseUrl'>[]): void {
  const there = providers.find(({ baseUrl }) => isOwnOrigin(baseUrl, [`http://127.0.0.1:${port}`]));
  if (!there) return;
  const sentence = `The provider "${there.id}" is at port ${port}. Its models are reached at Corvus's own address.`;
  throw new CorvusError('conflict', sentence, { param: 'ollamaPort' });
}
