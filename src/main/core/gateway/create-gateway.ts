import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallService } from '#proxy/call.ts';
import { createListener } from '#proxy/listen/create-listener.ts';
import { type Guard, loopbackHosts } from '#proxy/request/guard.ts';
import { createBodyReader } from '#proxy/request/read-body.ts';
import { createCallHandler } from '#proxy/handle-call.ts';
import type { Engine } from '#proxy/upstream/engine.ts';
import type { ListedModel } from '#shared/contract/models.ts';
import type { RequestId } from '#shared/ids.ts';
import type { Ports } from '../ports.ts';
import type { RefusalNotes } from './gateway-service.ts';
import { createOllamaPort, type OllamaPort } from './ollama-port.ts';
import type { AccountDeps } from './serve-account.ts';
import type { EstimateDeps } from './serve-estimate.ts';
import type { GenerationDeps } from './serve-generation.ts';
import { type GatewayRoutes, handleOllamaRequest, handleRequest } from './handle-request.ts';
import type { LocalKeyCaller, LocalKeyRing } from '../keys/local-key-ring.ts';

const host = '127.0.0.1';
/** How long a running stream may continue when the app stops. */
const drainMs = 5_000;

export interface GatewayDeps {
  ports: Pick<Ports, 'clock' | 'logger'>;
  engine: Engine;
  newRequestId(): RequestId;
  service: CallService<LocalKeyCaller>;
  refusals: RefusalNotes;
  keys: LocalKeyRing;
  listModels(): Promise<readonly ListedModel[]>;
  readRequest: GenerationDeps['readRequest'];
  estimate: EstimateDeps['estimate'];
  readAccount: AccountDeps['readAccount'];
  dashboard: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  /** Throws for a port where a provider is. */
  refuseOllamaPort(port: number): void;
}

/** The local address: the engine behind a loopback listener that only programs on this machine can use. */
export interface Gateway {
  /** Resolves to the bare origin. Throws `port_taken`. */
  listen(port: number): Promise<string>;
  /** The second address for Ollama's clients. */
  ollamaPort: OllamaPort;
  /** No new calls; running ones get a moment to end. */
  close(): Promise<void>;
}

export function createGateway(parts: GatewayDeps): Gateway {
  const { ports, engine, newRequestId, service, refusals, keys, listModels, readRequest, estimate } = parts;
  const { readAccount, dashboard, refuseOllamaPort } = parts;
  const { clock, logger } = ports;
  const onFailure = (requestId: RequestId, cause: unknown): void => logger.error('call.failed', { requestId, cause });
  const guard: Guard = { allowedHosts: new Set(), refusesBrowsers: true };
  const calls = createCallHandler({
    service,
    guard,
    ...engine,
    newRequestId,
    trustsRequestId: false,
    onFailure,
  });
  const routes: GatewayRoutes = {
    calls,
    guard,
    keys,
    list: listModels,
    readRequest,
    estimate,
    readAccount,
    bodies: createBodyReader(clock),
    dashboard,
    refusals,
    nowMs: clock.nowMs,
    newRequestId,
    onFailure,
  };
  const listener = createListener({
    clock,
    newRequestId,
    handler: (request, response) => handleRequest(routes, request, response),
  });
  let gatewayHosts: ReadonlySet<string> = new Set();
  const ollamaPort = createOllamaPort({
    clock,
    newRequestId,
    handler: (request, response) => handleOllamaRequest(routes, request, response),
    refuse: refuseOllamaPort,
    changed(port) {
      guard.allowedHosts = port === null ? gatewayHosts : new Set([...gatewayHosts, ...loopbackHosts(port)]);
    },
  });

  return {
    async listen(wantedPort) {
      const { port } = await listener.listen({ host, port: wantedPort });
      gatewayHosts = loopbackHosts(port);
      guard.allowedHosts = gatewayHosts;
      return `http://${host}:${port}`;
    },
    ollamaPort,
    close: async () => void (await Promise.all([listener.close(drainMs), ollamaPort.close()])),
  };
}
